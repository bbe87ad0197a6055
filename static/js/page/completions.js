/** What the box completes: each sign has a source of what may stand behind it, fetched once the sign is written. */

import { fetchElement } from "../helpers/loading.js";

/** A source exports `source(composer)`; see models/completion-list.js. */
const SOURCES = [() => import("../models/mentioned-names.js"), () => import("../models/prompt-source.js")];
const SIGNS = /[@/]/;

export class Completions {
  #composer;
  #outbox;

  constructor({ composer, outbox }) {
    [this.#composer, this.#outbox] = [composer, outbox];
  }

  listen() {
    this.#outbox.addEventListener("acknowledged", () => this.#composer?.models.addressees.remember());
    this.#composer?.text.addEventListener("input", ({ target }) => SIGNS.test(target.value) && this.#fetch());
  }

  #fetch() {
    fetchElement("completion", async () => {
      const list = import("../models/completion-list.js");
      const sources = await Promise.all(SOURCES.map((load) => load()));
      const { CompletionList } = await list;
      return new CompletionList(this.#composer.text, sources.map(({ source }) => source(this.#composer)));
    });
  }
}
