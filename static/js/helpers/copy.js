/** Puts text on the clipboard and says so on the button that asked for it. */

import { phrase } from "./phrases.js";

const SHOWN = 1_600;

/** Copies the text, and the same as markup if there is any; the button's label tells how it went, for a moment. */
export async function copy(text, button, html) {
  const isCopied = await putOnClipboard(text, html);
  const label = button.querySelector(".copy__label");
  const usual = (button.dataset.usual ??= label.textContent);
  button.toggleAttribute("data-copied", isCopied);
  label.textContent = phrase(isCopied ? "copied" : "copy-failed");
  setTimeout(() => {
    label.textContent = usual;
    button.removeAttribute("data-copied");
  }, SHOWN);
}

/** Returns whether the browser has taken it. */
export async function putOnClipboard(text, html) {
  try {
    if (html) await navigator.clipboard.write([new ClipboardItem(blobs(text, html))]);
    else await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writeBySelection(text, html); // Plain http in a local network has no clipboard API; a reader may forbid it.
  }
}

function blobs(text, html) {
  const kinds = { "text/plain": text, "text/html": html };
  return Object.fromEntries(Object.entries(kinds).map(([type, words]) => [type, new Blob([words], { type })]));
}

function writeBySelection(text, html) {
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "visually-hidden";
  if (html) box.addEventListener("copy", (event) => giveBoth(event, text, html));
  document.body.append(box);
  box.select();
  const isCopied = document.execCommand("copy");
  box.remove();
  return isCopied;
}

function giveBoth(event, text, html) {
  event.clipboardData.setData("text/plain", text);
  event.clipboardData.setData("text/html", html);
  event.preventDefault();
}
