/** The ways to the sheet of keys, ? where nobody writes and the menu of the account, and to the palette: Ctrl with K, on a Mac ⌘. */

import { isApple } from "../helpers/keyboard.js";
import { fetchPart, openForTyping } from "../helpers/loading.js";
import { forever } from "../helpers/storage.js";

/** Where ? is a character, or chooses something that begins with it. */
const TYPED_AT = "input, textarea, select, [contenteditable]";
/** Holds "1" where a reader wants ? to do nothing: speech software types single keys. WCAG 2.2, 2.1.4. */
export const NO_SINGLE_KEY = "no-single-key";

/** On a Mac, Ctrl with K deletes the rest of a line. */
function isPaletteKey({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  const [wanted, other] = isApple ? [metaKey, ctrlKey] : [ctrlKey, metaKey];
  return key.toLowerCase() === "k" && wanted && !other && !altKey && !shiftKey;
}

export class ShortcutKey {
  #item = document.querySelector(".menu__shortcuts");

  listen() {
    document.addEventListener("keydown", (event) => this.#keyDown(event));
    this.#item.addEventListener("click", () => this.#chosen());
  }

  #keyDown(event) {
    if (isPaletteKey(event)) return this.#find(event);
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

  /** The menu goes first, so that the focus returns to its button. */
  #chosen() {
    this.#item.closest("[popover]").hidePopover();
    this.#open();
  }

  async #open() {
    await fetchPart(async () => (await import("../elements/shortcut-sheet.js")).open());
  }
}
