/** Tells at each file in which form the model gets it, about how many tokens that is, and their price. */

import { call } from "../helpers/api.js";
import { compact, money } from "../helpers/formats.js";
import { phrase } from "../helpers/phrases.js";
import { questionIn } from "../helpers/question.js";
import { page } from "./page.js";

const REST = 300;

export class FileForms {
  #tray;
  #composer;
  #timer = 0;
  #asked = 0;

  /** Of the files in this tray. */
  constructor(tray) {
    this.#tray = tray;
    this.#composer = tray.closest("message-composer");
    tray.addEventListener("changed", () => this.#later());
    this.#composer.models.addEventListener("changed", () => this.#later());
    addEventListener("online", () => this.#later());
  }

  #later() {
    clearTimeout(this.#timer);
    this.#asked += 1; // What is on its way is about other files.
    if (this.#tray.files.length) this.#timer = setTimeout(() => this.#ask(), REST);
  }

  async #ask() {
    const number = this.#asked;
    const question = { ...questionIn(this.#composer.form), text: "" };
    const told = await call("POST", page.api.estimate, question).catch(() => null); // A note that is not there is no fault.
    if (number === this.#asked) told?.files.forEach((file) => this.#tell(file, told.currency));
  }

  #tell({ id, form, tokens, cost }, currency) {
    const note = this.#tray.querySelector(`[data-file="${id}"] .tray__form`);
    if (!note) return;
    const said = phrase(`file.form.${form}`, { tokens: compact(tokens) });
    note.textContent = cost ? `${said} · ${money(cost, currency)}` : said;
  }
}
