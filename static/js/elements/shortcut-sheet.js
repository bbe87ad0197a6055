/** The sheet of keys, with the names that they have on the reader's keyboard. */

import { isApple } from "../helpers/keyboard.js";
import { placePart } from "../helpers/page-parts.js";
import { forever } from "../helpers/storage.js";
import { page } from "../models/page.js";
import { NO_SINGLE_KEY } from "../page/shortcut-key.js";

/** Opens the page's sheet. */
export async function open() {
  const sheet = document.querySelector("dialog.shortcuts") ?? (await made());
  if (!sheet.open) sheet.showModal();
}

async function made() {
  await placePart(page.urls.shortcuts, document.body);
  const sheet = document.querySelector("dialog.shortcuts");
  sheet.addEventListener("click", ({ target }) => {
    if (target === sheet || target.closest("[name=close]")) sheet.close(); // beside it, or at its button
  });
  const single = sheet.querySelector("[name=single-key]");
  single.checked = !forever.get(NO_SINGLE_KEY);
  single.addEventListener("change", () => forever.set(NO_SINGLE_KEY, single.checked ? "" : "1"));
  for (const key of isApple ? sheet.querySelectorAll("[data-apple]") : []) key.textContent = key.dataset.apple;
  return sheet;
}
