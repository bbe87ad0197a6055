/** The palette: conversations by title and words, models, teams, and every action of the page, found by typing. */

import { commands, keysOf } from "../helpers/commands.js";
import { call } from "../helpers/api.js";
import { toFound } from "../helpers/conversation-rows.js";
import { closeBeside } from "../helpers/dialogs.js";
import { focusForTyping } from "../helpers/keyboard.js";
import { found } from "../helpers/model-rows.js";
import { whenReleased } from "../helpers/pressing.js";
import { clone } from "../helpers/templates.js";
import { page, withId } from "../models/page.js";

const PAUSE = 200;
const MOST_CONVERSATIONS = 8;
const MOST_MODELS = 5;
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

class CommandPalette extends HTMLElement {
  #timer = 0;
  #items = [];
  #teams = [];

  connectedCallback() {
    closeBeside(this.#dialog);
    this.#dialog.addEventListener("click", ({ target }) => this.#clicked(target));
    this.#field.addEventListener("input", () => this.#look());
    this.#field.addEventListener("keydown", (event) => this.#keyDown(event));
  }

  open() {
    if (this.#dialog.open) return;
    this.#field.value = "";
    this.#look();
    this.#dialog.showModal();
    this.#learnTeams();
  }

  get #dialog() {
    return this.querySelector("dialog");
  }

  get #field() {
    return this.querySelector("input");
  }

  get #words() {
    return this.#field.value.trim();
  }

  /** What is at hand comes at once; what only the server knows follows. */
  #look() {
    clearTimeout(this.#timer);
    const words = this.#words.toLocaleLowerCase();
    const fits = ({ label }) => words.split(/\s+/).every((word) => label.toLocaleLowerCase().includes(word));
    const others = [...(words ? [...this.#models(words), ...this.#teams.filter(fits)] : []), ...commands().filter(fits)];
    this.#show([...listedConversations().filter(fits).slice(0, MOST_CONVERSATIONS), ...others]);
    if (words) this.#timer = setTimeout(() => this.#find(others), PAUSE);
  }

  /** The composer's models: the one that is chosen answers the next question. */
  #models(words) {
    const composer = document.querySelector("message-composer");
    const options = [...(composer?.querySelector("#composer-model")?.options ?? [])];
    const ask = (name) => composer.models.askOnly(name) ?? focusForTyping(composer.text);
    const toItem = ({ textContent: label }) => ({ label, note: this.dataset.model, run: () => ask(label) });
    return found(options, words).slice(0, MOST_MODELS).map(toItem);
  }

  /** The reader's teams, as they are now. */
  async #learnTeams() {
    const told = await call("GET", this.dataset.apiMe).catch(() => null);
    const address = withId(this.dataset.urlTeam);
    const toItem = ({ id, name: label }) => ({ label, note: this.dataset.team, run: () => location.assign(address(id)) });
    if (!told) return;
    this.#teams = told.teams.map(toItem);
    if (this.#words) this.#look();
  }

  async #find(others) {
    const words = this.#words;
    const found = await call("GET", `${page.api.conversations}?${new URLSearchParams({ q: words })}`).catch(() => null);
    if (!found || words !== this.#words) return;
    whenReleased(() => this.#show([...toFound(found).map(conversationOf).slice(0, MOST_CONVERSATIONS), ...others]));
  }

  /** What was chosen with the arrows stays chosen if it is still there. */
  #show(items) {
    const chosen = this.#marked > 0 ? this.#items[this.#marked].label : null;
    this.#items = items;
    this.querySelector("ul").replaceChildren(...items.map(optionOf));
    this.querySelector(".palette__nothing").hidden = items.length > 0;
    this.#mark(Math.max(0, items.findIndex(({ label }) => label === chosen)));
  }

  get #options() {
    return [...this.querySelectorAll("[role=option]")];
  }

  get #marked() {
    return this.#options.findIndex((option) => option.ariaSelected === "true");
  }

  #mark(number) {
    this.#options.forEach((option, at) => (option.ariaSelected = String(at === number)));
    const option = this.#options[number];
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.#field.setAttribute("aria-activedescendant", option.id);
    else this.#field.removeAttribute("aria-activedescendant");
  }

  #keyDown(event) {
    const step = STEPS[event.key];
    const count = this.#items.length;
    if (step && count) this.#mark((this.#marked + step + count) % count);
    else if (event.key === "Enter") this.#run(this.#marked);
    else return;
    event.preventDefault();
  }

  #clicked(target) {
    const option = target.closest("[role=option]");
    if (option) this.#run(this.#options.indexOf(option));
  }

  /** The dialog goes first, so that what an action opens has the focus. */
  #run(number) {
    if (!this.#items[number]) return;
    this.#dialog.close();
    this.#items[number].run();
  }
}

customElements.define("command-palette", CommandPalette);

/** Opens the page's palette. */
export function open() {
  (document.querySelector("command-palette") ?? document.body.appendChild(clone("palette-template"))).open();
}

function listedConversations() {
  return [...document.querySelectorAll("conversation-list .rows:not(.rows--found) .row")].map(conversationOf);
}

function conversationOf(row) {
  const link = row.querySelector(".row__link");
  return {
    label: row.querySelector(".row__title").textContent,
    note: row.querySelector(".row__team").textContent,
    run: () => location.assign(link.href),
  };
}

function optionOf({ label, note, element }, number) {
  const option = clone("palette-option-template");
  option.id = `palette-${number}`;
  option.querySelector(".palette__label").textContent = label;
  option.querySelector(".palette__note").textContent = note ?? "";
  option.querySelector(".palette__keys").textContent = element ? keysOf(element) : "";
  return option;
}
