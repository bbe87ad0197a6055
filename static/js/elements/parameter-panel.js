/**
 * How the model is asked in this conversation. What is chosen before there is a conversation waits for the first message.
 *
 * Dispatches "changed" when something is set or no longer set.
 */

import { call } from "../helpers/api.js";
import { common, fill, limit, objection, read, sentence } from "../helpers/parameters.js";
import { phrase } from "../helpers/phrases.js";
import { codeOf } from "../helpers/refused.js";
import { page } from "../models/page.js";

class ParameterPanel extends HTMLElement {
  #settings = { system_prompt: "", parameters: {} };
  #isWaiting = false;
  #isEdited = false;
  #loading = null;

  connectedCallback() {
    this.form.addEventListener("submit", (event) => this.#submit(event));
    for (const event of ["input", "reset"]) this.form.addEventListener(event, () => this.#edited());
    this.form.close.addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.#dialog.close()); // beside it
    this.form.addEventListener("invalid", ({ target }) => this.#uncover(target), { capture: true });
  }

  get form() {
    return this.querySelector("form");
  }

  get #dialog() {
    return this.querySelector("dialog");
  }

  get isSet() {
    const { system_prompt, parameters } = this.#settings;
    return Boolean(system_prompt) || Object.keys(parameters).length > 0;
  }

  /** Something was chosen for a conversation that is not there yet. */
  get isWaiting() {
    return this.#isWaiting && !page.conversation;
  }

  /** Shows what is set now, as far as the wires of all models know it; what was written and not saved is still there. */
  async open(knows) {
    limit(this.form, common(knows));
    this.#dialog.showModal();
    if (this.#isEdited) return;
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    await this.#loading;
  }

  /** Begins a conversation that has these settings from its first reply on; its id. Rejects with Refused. */
  async begin({ team, model }) {
    const { system_prompt, parameters } = this.#settings;
    const fields = { system_prompt, parameters, model, ...(team && { team }) };
    const { id } = await call("POST", page.api.conversations, fields);
    return id;
  }

  /** Nobody may write into the fields before they say what is set: the answer would wipe it out, unseen. */
  async #load() {
    this.form.fields.disabled = true;
    this.#say("");
    try {
      if (page.conversation) this.#settings = await call("GET", page.api.conversation(page.conversation));
    } catch (error) {
      if (codeOf(error)) return this.#say(phrase("parameters.unread"));
    }
    this.form.fields.disabled = false;
    fill(this.form, this.#settings);
    this.#check();
  }

  async #submit(event) {
    event.preventDefault();
    this.form.save.disabled = true;
    const chosen = read(this.form, this.#settings.parameters);
    await this.#try(async () => {
      if (page.conversation) await call("PATCH", page.api.conversation(page.conversation), chosen);
      this.#isWaiting = !page.conversation;
      this.#settings = chosen;
      this.#isEdited = false;
      this.#dialog.close();
      this.dispatchEvent(new CustomEvent("changed"));
    });
    this.form.save.disabled = false;
  }

  async #try(act) {
    try {
      await act();
    } catch (error) {
      this.#say(sentence(error));
    }
  }

  /** A form tells of its reset before it is reset. */
  #edited() {
    this.#isEdited = true;
    setTimeout(() => this.#check());
  }

  #check() {
    const { budget, json_schema: schema, thinking } = this.form;
    const hasBudget = thinking.value === "budget" && !thinking.closest("[data-parameter]").hidden;
    budget.disabled = budget.closest("[data-budget]").hidden = !hasBudget;
    schema.setCustomValidity(objection(schema.value));
  }

  /** The browser can only point at what is in sight. */
  #uncover(field) {
    const details = field.closest("details");
    if (details) details.open = true;
  }

  #say(sentence) {
    const notice = this.querySelector(".parameters__notice");
    notice.textContent = sentence;
    notice.hidden = !sentence;
  }
}

customElements.define("parameter-panel", ParameterPanel);
