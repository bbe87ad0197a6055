/**
 * The keys of the whole page: ? where nobody writes leads to the sheet of keys, as the menu of the account does, Ctrl with K
 * to the palette, Ctrl with Shift and O to a new conversation; on a Mac ⌘ is Ctrl.
 */

import { isApple } from "../helpers/keyboard.js";
import { fetchPart, openForTyping } from "../helpers/loading.js";
import { forever } from "../helpers/storage.js";

/** Where ? is a character, or chooses something that begins with it. */
const TYPED_AT = "input, textarea, select, [contenteditable]";
/** Holds "1" where a reader wants ? to do nothing: speech software types single keys. WCAG 2.2, 2.1.4. */
export const NO_SINGLE_KEY = "no-single-key";

/** On a Mac, Ctrl with K deletes the rest of a line. */
function isKey(letter, isShifted, { key, ctrlKey, metaKey, altKey, shiftKey }) {
  const [wanted, other] = isApple ? [metaKey, ctrlKey] : [ctrlKey, metaKey];
  return key.toLowerCase() === letter && wanted && !other && !altKey && shiftKey === isShifted;
}

export class ShortcutKey {
  #item = document.querySelector(".menu__shortcuts");

  listen() {
    document.addEventListener("keydown", (event) => this.#keyDown(event));
    this.#item.addEventListener("click", () => this.#chosen());
  }

  #keyDown(event) {
    if (isKey("k", false, event)) return this.#find(event);
    if (isKey("o", true, event)) return this.#begin(event);
    if (event.key !== "?" || forever.get(NO_SINGLE_KEY) || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest(TYPED_AT) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.#open();
  }

  #find(event) {
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    openForTyping(() => import("../elements/command-palette.js"), ({ open }) => open());
  }

  #begin(event) {
    event.preventDefault();
    document.querySelector(".sidebar__new").click();
  }

  /** The menu goes first, so that the focus returns to its button. */
  #chosen() {
    this.#item.closest("[popover]").hidePopover();
    this.#open();
  }

  async #open() {
    await fetchPart(async () => (await import("../elements/shortcut-sheet.js")).open());
  }
}
