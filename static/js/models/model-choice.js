/**
 * Which models the composer asks: the one that is chosen, or those that are compared.
 *
 * Dispatches "changed" when others are asked than before.
 */

import { forever } from "../helpers/storage.js";
import { page } from "./page.js";

const KEY = "model";

export class ModelChoice extends EventTarget {
  #composer;
  #select;

  constructor(composer) {
    super();
    const { model, team, several } = composer.form;
    [this.#composer, this.#select] = [composer, model];
    model?.addEventListener("change", () => this.#choose());
    team?.addEventListener("change", () => this.#chooseOfTeam(team));
    several?.addEventListener("click", () => this.#compare());
  }

  /** The id of the one that is chosen; undefined where nobody may ask one. */
  get chosen() {
    return this.#select?.value;
  }

  /** The ids of all that are asked. */
  get ids() {
    return this.#asked.map(({ value }) => value);
  }

  /** What all of them take, under the names of all. */
  get common() {
    const asked = this.#asked;
    const takes = inAll(asked.map(({ dataset }) => dataset.takes.split(" ")));
    return { name: asked.map(({ textContent }) => textContent).join(" · "), takes };
  }

  /** Which parameters each of them knows; see helpers/parameters.js. */
  get knows() {
    return this.#asked.map(({ dataset }) => dataset.knows);
  }

  /** A new conversation begins with the model that was chosen last. */
  restore() {
    if (!page.conversation && this.#offers(forever.get(KEY))) this.#select.value = forever.get(KEY);
  }

  /** The options that are asked. */
  get #asked() {
    const { options, selectedOptions } = this.#select ?? { options: [], selectedOptions: [] };
    const compared = [...this.#composer.querySelectorAll("[name=compare]:checked")].map(({ value }) => value);
    return compared.length > 1 ? [...options].filter(({ value }) => compared.includes(value)) : [...selectedOptions];
  }

  #offers(id) {
    return [...(this.#select?.options ?? [])].some(({ value }) => value === id);
  }

  #choose() {
    forever.set(KEY, this.#select.value);
    this.#changed();
  }

  /** A team may have a model of its own, which is offered first. */
  #chooseOfTeam(team) {
    const { model } = team.selectedOptions[0].dataset;
    if (!this.#offers(model)) return;
    this.#select.value = model;
    this.#changed();
  }

  #compare() {
    this.#composer.querySelector("model-comparison").open(this.#select);
  }

  #changed() {
    this.dispatchEvent(new Event("changed"));
  }
}

const inAll = ([first = [], ...others]) => first.filter((name) => others.every((names) => names.includes(name)));
