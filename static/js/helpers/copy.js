/** Puts text on the clipboard and says so on the button that asked for it. */

import { phrase } from "./phrases.js";

const SHOWN = 1_600;

/** Copies the text; the button's label tells how it went, for a moment. */
export async function copy(text, button) {
  const isCopied = await write(text);
  const label = button.querySelector(".copy__label");
  const usual = (button.dataset.usual ??= label.textContent);
  button.toggleAttribute("data-copied", isCopied);
  label.textContent = phrase(isCopied ? "copied" : "copy-failed");
  setTimeout(() => {
    label.textContent = usual;
    button.removeAttribute("data-copied");
  }, SHOWN);
}

async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writeBySelection(text); // Plain http in a local network has no clipboard API; a reader may forbid it.
  }
}

function writeBySelection(text) {
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "visually-hidden";
  document.body.append(box);
  box.select();
  const isCopied = document.execCommand("copy");
  box.remove();
  return isCopied;
}
