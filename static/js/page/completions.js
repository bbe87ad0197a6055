/**
 * What the box completes: each sign has a source of what may stand behind it, fetched once the sign is written. Where a
 * message gets other words, names alone are completed.
 */

import { fetchElement, withLater } from "../helpers/loading.js";

/** A source exports `source(composer)`; see models/completion-list.js. */
const NAMES = () => import("../models/mentioned-names.js");
const SOURCES = [NAMES, () => import("../models/prompt-source.js")];
const SIGNS = /[@＠/]/;

export class Completions {
  #composer;
  #outbox;
  #transcript;
  #editors = new WeakSet();

  constructor({ composer, outbox, transcript }) {
    [this.#composer, this.#outbox, this.#transcript] = [composer, outbox, transcript];
  }

  listen() {
    if (!this.#composer) return;
    this.#outbox.addEventListener("acknowledged", () => this.#composer.models.addressees.remember());
    this.#composer.text.addEventListener("input", ({ target }) => SIGNS.test(target.value) && this.#fetch());
    this.#transcript.addEventListener("input", ({ target }) => this.#edited(target));
  }

  #fetch() {
    fetchElement("completion", () => this.#complete(this.#composer.text, SOURCES));
  }

  #edited(field) {
    if (!field.matches("message-editor textarea") || this.#editors.has(field) || !SIGNS.test(field.value)) return;
    this.#editors.add(field);
    this.#complete(field, [NAMES]).catch(() => this.#editors.delete(field));
  }

  async #complete(field, loads) {
    const list = withLater(() => import("../models/completion-list.js"));
    const sources = await Promise.all(loads.map((load) => load()));
    const { CompletionList } = await list;
    return new CompletionList(field, sources.map(({ source }) => source(this.#composer)));
  }
}
