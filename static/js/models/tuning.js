/** How the model is asked: the button at the composer, and the panel, which comes when it is first wanted. */

import { fetchPart } from "../helpers/loading.js";

export class Tuning {
  #composer;
  #panel = null;
  #fetching = null;

  constructor(composer) {
    this.#composer = composer;
    composer.form.tune.addEventListener("click", () => this.#open());
    composer.models.addEventListener("changed", () => this.#panel?.limit(composer.models));
  }

  /** Whether something must be stored before the next question is asked. */
  get isPending() {
    return Boolean(this.#panel?.isSaving || this.#panel?.isWaiting);
  }

  /** Shows whether the model is asked in another way than it likes best. */
  show(isTuned) {
    this.#composer.form.tune.toggleAttribute("data-set", isTuned);
  }

  /**
   * Stores what is set. The first reply must know it already, so a conversation is begun before it is asked for: then its
   * id is returned. Rejects with Refused.
   */
  async settle(choice) {
    await this.#panel.saved();
    return this.#panel.isWaiting ? this.#panel.begin(choice) : null;
  }

  async #open() {
    this.#fetching ??= fetchPart(() => this.#fetch());
    this.#panel = await this.#fetching;
    if (this.#panel) this.#panel.toggle(this.#composer.models);
    else this.#fetching = null;
  }

  async #fetch() {
    const { place } = await import("../elements/parameter-panel.js");
    const panel = await place(this.#composer);
    panel.addEventListener("changed", () => this.show(panel.isSet));
    return panel;
  }
}
