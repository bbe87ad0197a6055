/**
 * Editing a long text on the whole page: offered once the box has several lines. There, Enter makes a new line.
 * A pasted text that is far too long is refused.
 */

import { focusForTyping } from "../helpers/keyboard.js";
import { phrase } from "../helpers/phrases.js";

const MANY_LINES = 4;

export class LongText {
  #composer;
  #button;

  constructor(composer) {
    [this.#composer, this.#button] = [composer, composer.form.expand];
    this.#button.addEventListener("click", () => this.#turn());
    composer.text.addEventListener("paste", (event) => this.#paste(event));
    new ResizeObserver(([{ contentRect }]) => this.#offer(contentRect.height)).observe(composer.text);
  }

  get isOpen() {
    return this.#composer.hasAttribute("data-expanded");
  }

  /** Whether this key means something else here than in the small box. */
  takes({ key, ctrlKey, metaKey }) {
    if (!this.isOpen) return false;
    if (key === "Escape") this.close();
    return key === "Escape" || (key === "Enter" && !ctrlKey && !metaKey);
  }

  close() {
    if (this.isOpen) this.#turn();
  }

  /** What is far too long to be sent never gets into the box: browsers need seconds to lay it out, at each key again. */
  #paste(event) {
    const pasted = event.clipboardData.getData("text/plain");
    if (pasted.length > 2 * this.#composer.dataset.limit && this.#composer.isTooLong(pasted)) event.preventDefault();
  }

  #offer(height) {
    const { lineHeight } = getComputedStyle(this.#composer.text);
    this.#button.hidden = !this.isOpen && height < MANY_LINES * Number.parseFloat(lineHeight);
  }

  #turn() {
    const isOpen = this.#composer.toggleAttribute("data-expanded");
    const { text } = this.#composer;
    this.#button.title = this.#button.ariaLabel = phrase(isOpen ? "text.smaller" : "text.larger");
    this.#button.ariaPressed = String(isOpen);
    focusForTyping(text);
  }
}
