/**
 * How the model is asked: the button at the composer, and the panel, which comes when it is first wanted.
 *
 * What is set for a conversation that has not begun is kept in this tab, as its draft is: it survives a reload and a visit
 * to another page.
 */

import { fetchPart } from "../helpers/loading.js";
import { thisTab } from "../helpers/storage.js";
import { placeOf } from "./drafts.js";
import { page } from "./page.js";

export class Tuning {
  #composer;
  #panel = null;
  #fetching = null;

  constructor(composer) {
    this.#composer = composer;
    composer.form.tune.addEventListener("click", () => this.#open());
    composer.models.addEventListener("changed", () => this.#panel?.limit(composer.models));
    if (this.#kept) this.show(isSet(this.#kept));
  }

  /** Whether something must be stored before the next question is asked. */
  get isPending() {
    return this.#panel ? this.#panel.isSaving || this.#panel.isWaiting : Boolean(this.#kept);
  }

  /** Shows whether the model is asked in another way than it likes best. */
  show(isTuned) {
    this.#composer.form.tune.toggleAttribute("data-set", isTuned);
  }

  /**
   * Stores what is set. The first reply must know it already, so a conversation is begun before it is asked for: then its
   * id is returned. Rejects with Refused, or where the panel does not come.
   */
  async settle(choice) {
    await this.#load();
    await this.#panel.saved();
    const begun = this.#panel.isWaiting ? await this.#panel.begin(choice) : null;
    this.#keep(null);
    return begun;
  }

  async #open() {
    await this.#load();
    this.#panel?.toggle(this.#composer.models);
  }

  async #load() {
    this.#fetching ??= fetchPart(() => this.#fetch());
    this.#panel = await this.#fetching;
    if (!this.#panel) this.#fetching = null;
  }

  async #fetch() {
    const { place } = await import("../elements/parameter-panel.js");
    const panel = await place(this.#composer, this.#kept);
    panel.addEventListener("changed", () => {
      this.show(isSet(panel.settings));
      this.#keep(panel.isWaiting ? panel.settings : null);
    });
    return panel;
  }

  get #kept() {
    const kept = page.conversation ? "" : thisTab.get(this.#key);
    return kept ? JSON.parse(kept) : null;
  }

  #keep(settings) {
    if (!page.conversation) thisTab.set(this.#key, settings ? JSON.stringify(settings) : "");
  }

  get #key() {
    return `tuned:${page.person.id}:${placeOf(null)}`;
  }
}

function isSet({ system_prompt, parameters }) {
  return Boolean(system_prompt) || Object.keys(parameters).length > 0;
}
