/** The small form of a prompt's variables; what is filled in takes the place of each in its text. */

import { closeBeside } from "../helpers/dialogs.js";
import { clone } from "../helpers/templates.js";

const VARIABLE = /\{\{[^\S\n]*([^{}|:\s](?:[^{}|:\n]{0,58}[^{}|:\s])?)[^\S\n]*\}\}/gu;

class PromptFields extends HTMLElement {
  #prompt = null;
  #done = () => {};
  /** What was filled in and not inserted, by prompt: a form that was closed opens as it was. */
  #left = new Map();

  connectedCallback() {
    closeBeside(this.#dialog);
    this.#form.addEventListener("submit", () => this.#insert());
    this.#form.addEventListener("input", () => this.#left.set(this.#prompt.id, this.#values));
    this.querySelector("[name=close]").addEventListener("click", () => this.#dialog.close());
  }

  open(prompt, done) {
    [this.#prompt, this.#done] = [prompt, done];
    this.querySelector(".prompt-fields__title").textContent = prompt.name;
    this.querySelector(".prompt-fields__list").replaceChildren(...prompt.variables.map(fieldOf));
    const left = this.#left.get(prompt.id) ?? new Map();
    prompt.variables.forEach(({ name }, number) => left.has(name) && (this.#fieldAt(number).value = left.get(name)));
    this.#dialog.showModal();
    this.querySelector(".field__input").focus();
  }

  get #dialog() {
    return this.querySelector("dialog");
  }

  get #form() {
    return this.querySelector("form");
  }

  get #values() {
    return new Map(this.#prompt.variables.map(({ name }, number) => [name, this.#fieldAt(number).value]));
  }

  #fieldAt(number) {
    return this.#form.elements[`variable-${number}`];
  }

  /** A value is not looked through again: braces in it are its own. */
  #insert() {
    const values = this.#values;
    this.#left.delete(this.#prompt.id);
    this.#done(this.#prompt.text.replace(VARIABLE, (whole, name) => values.get(name) ?? whole));
  }
}

function fieldOf({ name, type, default: value, choices }, number) {
  const field = clone(`prompt-field-${type}`);
  const input = field.querySelector(".field__input");
  field.querySelector(".field__label").textContent = name;
  input.name = `variable-${number}`;
  if (type === "choice") input.append(...choices.map((choice) => new Option(choice, choice)));
  if (type !== "choice" || choices.includes(value)) input.value = value;
  return field;
}

customElements.define("prompt-fields", PromptFields);

/** Opens the page's form of variables; `done` hears the text once they are filled in. */
export function open(prompt, done) {
  (document.querySelector("prompt-fields") ?? document.body.appendChild(clone("prompt-fields-template"))).open(prompt, done);
}
