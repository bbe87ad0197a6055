/**
 * Whom a text is for: the people or models whose “@name” it begins with, else whomever the switch at the send button says.
 *
 * A model that is named is asked. Where only people are named, or the switch is on, nobody answers. The switch is
 * remembered for each conversation; where it is pressed although people are named, that counts for this text alone.
 * Dispatches "changed" when the text is for others than before.
 */

import { addressedBy, beginsWithSign } from "../helpers/addressed.js";
import { forever } from "../helpers/storage.js";
import { page } from "./page.js";
import { PeopleHere } from "./people-here.js";

const KEY = "for-people:";

export class Addressees extends EventTarget {
  #composer;
  #options;
  #isOn = false;
  /** What the switch says against the names. */
  #isMeant = null;
  #named = { models: [], people: [] };
  people;

  /** `options` returns the models that may be asked. */
  constructor(composer, options) {
    super();
    [this.#composer, this.#options, this.people] = [composer, options, new PeopleHere(composer)];
    this.#isOn = Boolean(page.conversation && forever.get(KEY + page.conversation));
    this.#switch.addEventListener("click", () => this.#turn());
    composer.form.team?.addEventListener("change", () => this.read());
    this.#show();
  }

  /** The options of the models that the text begins with, no more than may be asked at once. */
  get models() {
    return this.#named.models;
  }

  get isForPeople() {
    if (this.models.length) return false;
    return this.#isMeant ?? (this.#named.people.length > 0 || (this.#isOn && this.#switch.checkVisibility()));
  }

  /** Whether it is not known yet whom the text names. */
  get isUnsure() {
    return this.#beginsWithName && this.people.isAsking;
  }

  /** Finds whom the text names now. */
  read() {
    if (this.#beginsWithName) this.settle();
    this.#find();
  }

  /** Finds them once it is known who reads here. */
  async settle() {
    await this.people.load();
    this.#find();
    return true;
  }

  /** Whom another text names: the ids of models, an empty list for people alone, undefined for nobody. */
  namedIn(text) {
    const { models, people } = this.#in(text);
    if (models.length) return models.map(({ value }) => value);
    return people.length ? [] : undefined;
  }

  /** The conversation may have its id only now. */
  remember() {
    if (page.conversation) forever.set(KEY + page.conversation, this.#isOn ? "1" : "");
  }

  get #switch() {
    return this.#composer.form.people;
  }

  get #beginsWithName() {
    return beginsWithSign(this.#composer.text.value);
  }

  #in(text) {
    const people = this.people.others.map((person) => ({ ...person, isPerson: true }));
    const models = this.#options().map((option) => ({ name: option.textContent.trim(), option }));
    const named = beginsWithSign(text) ? addressedBy(text, [...models, ...people]) : [];
    const options = named.map(({ option }) => option).filter(Boolean);
    return { models: options.slice(0, Number(this.#composer.dataset.most)), people: named.filter(({ isPerson }) => isPerson) };
  }

  #find() {
    const before = this.#told;
    this.#named = this.#in(this.#composer.text.value);
    if (!this.#named.people.length) this.#isMeant = null;
    if (this.#told !== before) this.#show();
  }

  get #told() {
    return [this.isForPeople, ...this.models.map(({ value }) => value)].join();
  }

  #turn() {
    if (this.#named.people.length) this.#isMeant = !this.isForPeople;
    else this.#isOn = !this.isForPeople;
    this.remember();
    this.#show();
  }

  #show() {
    const { isForPeople } = this;
    this.#switch.ariaPressed = String(isForPeople);
    this.#composer.form.toggleAttribute("data-for-people", isForPeople);
    this.dispatchEvent(new Event("changed"));
  }
}
