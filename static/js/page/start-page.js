/** The start page: its starters begin a question in the composer, which their reader goes on with. */

import { putBefore } from "../helpers/fields.js";

export class StartPage {
  #composer;

  constructor({ composer }) {
    this.#composer = composer;
  }

  listen() {
    const starters = document.querySelector(".start__starters");
    starters?.addEventListener("click", ({ target }) => this.#begin(target.closest("button")));
  }

  #begin(starter) {
    if (!starter) return;
    const { form, text } = this.#composer;
    if ("attach" in starter.dataset) return form.attach.click();
    putBefore(text, starter.dataset.text.replace(/\n+$/, ""));
    if (!/\s$/.test(text.value)) text.value += starter.dataset.text.match(/\s*$/)[0];
    text.dispatchEvent(new Event("input", { bubbles: true })); // As if typed.
    text.focus();
    text.setSelectionRange(text.value.length, text.value.length);
  }
}
