/**
 * Which models the composer asks: none where it writes to people, those whose “@name” the text begins with, else the one
 * that is chosen, or those that are compared.
 *
 * A select that nobody sees holds all that are offered, with what people choose by; see elements/model-picker.js.
 * Dispatches "changed" when others are asked than before.
 */

import { focusForTyping } from "../helpers/keyboard.js";
import { openForTyping, withLater } from "../helpers/loading.js";
import { phrase } from "../helpers/phrases.js";
import { forever, thisTab } from "../helpers/storage.js";
import { Addressees } from "./addressees.js";
import { page } from "./page.js";
import { PictureChoice } from "./picture-choice.js";

const KEY = "model";

export class ModelChoice extends EventTarget {
  #composer;
  #select;
  #compared = [];
  #addressees;
  #pictures = null;
  /** The assistants, once they are there; see page/assistants.js. */
  assistants = null;

  constructor(composer) {
    super();
    const { model, team, pick, several } = composer.form.elements;
    [this.#composer, this.#select] = [composer, model];
    this.#pictures = new PictureChoice(composer.form, this);
    this.#addressees = new Addressees(composer, () => this.#options);
    this.#addressees.addEventListener("changed", () => this.#changed());
    model?.addEventListener("change", () => this.dispatchEvent(new Event("changed")));
    team?.addEventListener("change", () => this.#chooseOfTeam(team));
    pick?.addEventListener("click", () => this.#open(pick));
    several?.addEventListener("click", () => this.#open(several));
    pick?.addEventListener("pointerenter", () => load().catch(() => {}), { once: true }); // Whoever points is about to click.
    if (pick) document.addEventListener("keydown", (event) => this.#keyDown(event));
  }

  /** The id of the one that is chosen; undefined where nobody may ask one. */
  get chosen() {
    return this.#select?.value;
  }

  /** The ids of all that are asked, in the order of choice. */
  get ids() {
    return this.#asked.map(({ value }) => value);
  }

  /** What a command says of them: an empty list for people alone, nothing where there is no model to choose. */
  get inCommand() {
    return this.isForPeople || this.ids.length ? this.ids : undefined;
  }

  /** What a message says of them, of the assistant, and of the pictures that they are to make. */
  get said() {
    const models = this.inCommand;
    return { models, parameters: this.#pictures.inCommand, ...this.assistants?.said(models) };
  }

  /** Whether the message is for people alone. */
  get isForPeople() {
    return this.#addressees.isForPeople;
  }

  /** What all of them take, under the names of all. */
  get common() {
    const asked = this.#asked;
    if (this.isForPeople) return { name: "", takes: ["images", "documents", "sounds"] };
    const takes = inAll(asked.map(({ dataset }) => withScans(dataset.takes.split(" "))));
    return { name: asked.map(({ textContent }) => textContent).join(" · "), takes };
  }

  /** What can be chosen of the pictures of each of them; empty for one that makes none. */
  get pictures() {
    return this.#asked.map(({ dataset }) => dataset.pictures ?? "");
  }

  /** Which parameters each of them knows; see helpers/parameters.js. */
  get knows() {
    return this.#asked.map(({ dataset }) => dataset.knows);
  }

  /** A new conversation begins with the model that was chosen last; in another one a choice outlives a reload. */
  restore() {
    if (!this.#select) return;
    this.#show();
    this.#pictures.show();
    const [at, chosen] = thisTab.get(KEY).split(" ");
    const id = page.conversation ? at === page.conversation && chosen : forever.get(KEY);
    if (this.#option(id)) this.#ask([id]);
    if (page.conversation) return;
    const { dataset, form } = this.#composer;
    if (form.team?.value) this.#chooseOfTeam(form.team); // A team's page has led here.
    if (this.#option(dataset.model)) this.#ask([dataset.model]); // Or a project's.
  }

  /** After a question to several the next one is for the first of them, which the conversation goes on from. */
  askOne() {
    if (this.#compared.length) this.#ask(this.#compared.slice(0, 1));
  }

  /** The next question is for the one of this name. */
  askOnly(name) {
    const option = this.#options.find(({ textContent }) => textContent === name);
    if (option) this.#ask([option.value]);
  }

  /** Whom the text names, and whether it is for people; see models/addressees.js. */
  get addressees() {
    return this.#addressees;
  }

  get #options() {
    return [...(this.#select?.options ?? [])];
  }

  get #asked() {
    if (this.#addressees.models.length) return this.#addressees.models;
    if (this.isForPeople) return [];
    const ids = this.#compared.length ? this.#compared : [this.chosen];
    return ids.map((id) => this.#option(id)).filter(Boolean);
  }

  #option(id) {
    return this.#options.find(({ value }) => value === id);
  }

  #ask(ids) {
    this.#compared = ids.length > 1 ? ids : [];
    if (ids.length === 1) [this.#select.value] = ids;
    this.#show();
    this.#select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #changed() {
    if (this.#select) this.#show();
    this.dispatchEvent(new Event("changed"));
  }

  #show() {
    const { form } = this.#composer;
    const count = this.#compared.length;
    form.toggleAttribute("data-comparing", count > 0);
    form.pick.querySelector(".composer__name").textContent = this.isForPeople ? phrase("people.only") : this.#shownName;
    const several = form.several?.querySelector(".composer__several");
    if (several) several.textContent = count ? phrase("models", { count }) : "";
  }

  get #shownName() {
    const named = this.#addressees.models.map(({ textContent }) => textContent.trim());
    return named.join(" · ") || this.assistants?.name || (this.#option(this.chosen)?.textContent ?? "");
  }

  /** A team may have a model of its own, which is offered first. */
  #chooseOfTeam(team) {
    const { model } = team.selectedOptions[0].dataset;
    if (this.#option(model)) this.#ask([model]);
  }

  #open(button) {
    const { form, text, dataset } = this.#composer;
    openForTyping(load, ({ open }) =>
      open(button, [...(this.assistants?.options ?? []), ...this.#options], {
        chosen: this.assistants?.ids ?? this.ids,
        isSeveral: button.name === "several" || this.#compared.length > 0,
        most: this.#options.length > 1 ? Number(dataset.most) : 1,
        team: form.team?.value ?? dataset.team,
        pick: (ids) => this.#picked(ids),
        goOn: () => focusForTyping(text),
      }),
    );
  }

  #picked(ids) {
    if (this.assistants?.pick(ids)) return;
    if (ids.length === 1) {
      forever.set(KEY, ids[0]);
      thisTab.set(KEY, `${page.conversation} ${ids[0]}`);
    }
    this.#ask(ids);
  }

  /** Told by the place of the key: with Alt, some keyboards write another character there. */
  #keyDown(event) {
    if (event.code !== "KeyM" || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    const { pick, several } = this.#composer.form;
    this.#open(this.#compared.length ? several : pick);
  }
}

const load = () => withLater(() => import("../elements/model-picker.js"));
const inAll = ([first = [], ...others]) => first.filter((name) => others.every((names) => names.includes(name)));
/** Who takes pictures takes scans: their pages go as pictures. A document with a text is for all. */
const withScans = (kinds) => (kinds.includes("images") ? [...kinds, "documents"] : kinds);
