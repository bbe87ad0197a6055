/** A selection of the thread's words can be quoted where a message is written: by a button beside it, or by Alt and Q. */

import { selectedText } from "../helpers/copied-words.js";
import { placeBeside } from "../helpers/popover-position.js";
import { clone } from "../helpers/templates.js";

const QUIET = 300;

export class Quoting {
  #transcript;
  #composer;
  #button = null;
  #timer = 0;
  #isDragging = false;

  constructor({ transcript, composer }) {
    [this.#transcript, this.#composer] = [transcript, composer];
  }

  listen() {
    document.addEventListener("selectionchange", () => this.#wait());
    document.addEventListener("pointerdown", ({ pointerType }) => (this.#isDragging = pointerType === "mouse"));
    document.addEventListener("pointerup", () => (this.#isDragging = false) || this.#wait());
    document.addEventListener("keydown", (event) => this.#keyDown(event));
    this.#transcript.addEventListener("scroll", () => this.#hide(), { passive: true });
    this.#wait(); // Its script comes with the first selection.
  }

  get #isOffered() {
    return Boolean(this.#button?.matches(":popover-open"));
  }

  /** Whether words of a message are selected, and may be written of. */
  get #isPossible() {
    const { anchorNode, isCollapsed } = getSelection();
    if (isCollapsed || this.#composer.text.disabled || !this.#transcript.contains(anchorNode)) return false;
    return Boolean(anchorNode.parentElement.closest(".message__body"));
  }

  /** A selection that is being made is none yet. */
  #wait() {
    clearTimeout(this.#timer);
    if (!this.#isPossible) this.#hide();
    else if (!this.#isDragging) this.#timer = setTimeout(() => this.#isPossible && this.#offer(), QUIET);
  }

  #offer() {
    if (!this.#button) {
      this.#button = document.body.appendChild(clone("quote-offer-template"));
      this.#button.addEventListener("pointerdown", (event) => event.preventDefault()); // The selection stays.
      this.#button.addEventListener("click", () => this.#quote());
    }
    if (!this.#isOffered) this.#button.showPopover();
    const lines = getSelection().getRangeAt(0).getClientRects();
    placeBeside(this.#button, { getBoundingClientRect: () => lines[lines.length - 1] ?? new DOMRect() });
  }

  #hide() {
    if (this.#isOffered) this.#button.hidePopover();
  }

  #keyDown(event) {
    if (event.key === "Escape") this.#hide();
    if (event.code !== "KeyQ" || !event.altKey || event.ctrlKey || event.metaKey || !this.#isPossible) return;
    event.preventDefault();
    this.#quote();
  }

  #quote() {
    const words = selectedText(this.#transcript.querySelector(".transcript__thread"));
    this.#hide();
    getSelection().removeAllRanges();
    const { text } = this.#composer;
    const before = text.value.trimEnd();
    text.value = `${before}${before && "\n\n"}${words.split("\n").map((line) => `> ${line}`.trimEnd()).join("\n")}\n\n`;
    text.dispatchEvent(new Event("input", { bubbles: true })); // As if typed.
    text.focus();
    text.setSelectionRange(text.value.length, text.value.length);
    text.scrollTop = text.scrollHeight;
  }
}
