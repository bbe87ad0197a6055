/** A long text that was pasted: a button below it makes a file of it, and nothing else does. */

import { number } from "../helpers/formats.js";
import { focusForTyping } from "../helpers/keyboard.js";
import { phrase } from "../helpers/phrases.js";
import { clone } from "../helpers/templates.js";

export class PastedText {
  #text;
  #attachments;
  #offered = clone("paste-offer-template");
  #pasted = "";

  constructor(composer, attachments) {
    [this.#text, this.#attachments] = [composer.text, attachments];
    this.#text.after(this.#offered);
    this.#button.addEventListener("click", () => this.#keep());
    this.#text.addEventListener("input", () => this.#show());
  }

  offer(text) {
    this.#pasted = text.replace(/\r\n?/g, "\n"); // As a text field holds it.
    this.#button.querySelector("span").textContent = phrase("paste.offer", { count: number(this.#pasted.length) });
    this.#show();
  }

  get #button() {
    return this.#offered.querySelector("button");
  }

  get #place() {
    return this.#pasted ? this.#text.value.indexOf(this.#pasted) : -1;
  }

  #show() {
    this.#offered.hidden = this.#place < 0;
  }

  /** The text leaves the box once the server has the file. */
  async #keep() {
    this.#button.disabled = true;
    const isKept = await this.#attachments.addText(this.#pasted, phrase("paste.name"));
    this.#button.disabled = false;
    if (isKept && this.#place >= 0) this.#text.setRangeText("", this.#place, this.#place + this.#pasted.length, "end");
    this.#text.dispatchEvent(new Event("input", { bubbles: true }));
    focusForTyping(this.#text);
  }
}
