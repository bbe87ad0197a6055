/** The sheet of keys, with the names that they have on the reader's keyboard. */

import { forever } from "../helpers/storage.js";
import { clone } from "../helpers/templates.js";
import { NO_SINGLE_KEY } from "../page/shortcut-key.js";

const isApple = /Mac|iP/.test(navigator.platform);

/** Opens the page's sheet. */
export function open() {
  const sheet = document.querySelector("dialog.shortcuts") ?? document.body.appendChild(made());
  if (!sheet.open) sheet.showModal();
}

function made() {
  const sheet = clone("shortcuts-template");
  sheet.addEventListener("click", ({ target }) => {
    if (target === sheet || target.closest("[name=close]")) sheet.close(); // beside it, or at its button
  });
  const single = sheet.querySelector("[name=single-key]");
  single.checked = !forever.get(NO_SINGLE_KEY);
  single.addEventListener("change", () => forever.set(NO_SINGLE_KEY, single.checked ? "" : "1"));
  for (const key of isApple ? sheet.querySelectorAll("[data-apple]") : []) key.textContent = key.dataset.apple;
  return sheet;
}
