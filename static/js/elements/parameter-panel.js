/**
 * How the model is asked in this conversation: a sheet beside the thread. What is changed is stored at once; before there
 * is a conversation it waits for the first message.
 *
 * Dispatches "changed" when something is set or no longer set.
 */

import { call } from "../helpers/api.js";
import { closeBeside } from "../helpers/dialogs.js";
import { common, fill, limit, objection, read, sentence } from "../helpers/parameters.js";
import { newPlace } from "../helpers/new-place.js";
import { phrase } from "../helpers/phrases.js";
import { codeOf } from "../helpers/refused.js";
import { follow, leave, mark } from "../helpers/sliders.js";
import { storeSettings } from "../helpers/store-settings.js";
import { page } from "../models/page.js";
import { NONE, TeamDefaults } from "../models/team-defaults.js";

/** There is room beside the thread. */
const isWide = matchMedia("(width >= 80rem)");

class ParameterPanel extends HTMLElement {
  /** What is set: {system_prompt, parameters}. */
  settings = NONE;
  #team = new TeamDefaults();
  /** What the fields say is not stored yet. */
  #isEdited = false;
  #isWanted = false;
  #loading = null;
  #saving = null;

  connectedCallback() {
    const { form } = this;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", ({ target }) => this.#edited(target));
    form.addEventListener("change", () => this.#save());
    form.clear.addEventListener("click", () => this.#clear());
    form.addEventListener("click", ({ target }) => this.#leaveToModel(target.closest("[data-leave]")));
    form.close.addEventListener("click", () => this.#dialog.close());
    closeBeside(this.#dialog);
    this.#dialog.addEventListener("keydown", (event) => this.#keyDown(event));
    this.#dialog.addEventListener("close", () => this.#isEdited && this.#save());
  }

  get form() {
    return this.querySelector("form");
  }

  get #dialog() {
    return this.querySelector("dialog");
  }

  /** Something was chosen for a conversation that is not there yet. */
  get isWaiting() {
    return !page.conversation && this.#team.differ(this.settings);
  }

  get isSaving() {
    return this.#saving !== null;
  }

  /** When nothing is on its way to the server any more. */
  async saved() {
    await this.#saving;
  }

  /** Shows what is set now, or hides it. */
  async toggle(models) {
    if (this.#dialog.open) return this.#dialog.close();
    this.limit(models);
    const { dataset } = this.closest(".chat"); // A style sheet that looked for the panel would look through the whole thread.
    dataset.tuning = "";
    this.#dialog.addEventListener("close", () => delete dataset.tuning, { once: true });
    this.#dialog[isWide.matches ? "show" : "showModal"]();
    await this.read();
  }

  /** Lets the fields say what is set now; what was refused is still there. */
  async read() {
    if (this.#isEdited || this.isSaving) return;
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    await this.#loading;
  }

  /** Lets be set what the wires of all these models know. */
  limit({ knows, common: { name }, assistants }) {
    limit(this.form, common(knows), name, assistants);
    this.#check();
  }

  /** Begins a conversation that has these settings from its first reply on; its id. Rejects with Refused. */
  async begin({ team, project, model }) {
    this.settings = await this.#team.follow({ team, project }, this.settings);
    const { system_prompt, parameters } = this.settings;
    const fields = { system_prompt, parameters, model, ...(project ? { project } : team && { team }) };
    this.settings = await call("POST", page.api.conversations, fields);
    return this.settings.id;
  }

  /** Nobody may write into the fields before they say what is set: the answer would wipe it out, unseen. */
  async #load() {
    this.form.fields.disabled = true;
    this.#say("");
    try {
      if (page.conversation) this.settings = await call("GET", page.api.conversation(page.conversation));
      const { team } = this.settings.audience ?? {};
      const place = page.conversation ? { team: team?.id } : newPlace();
      this.querySelector("[data-private]")?.toggleAttribute("hidden", Boolean(place.team));
      this.settings = await this.#team.follow(place, this.settings);
    } catch (error) {
      if (codeOf(error)) return this.#say(phrase("parameters.unread"));
    }
    this.form.fields.disabled = false;
    fill(this.form, this.settings);
    this.#check();
  }

  #edited(target) {
    this.#isEdited = true;
    this.#tell("");
    if (target) follow(target);
    this.#check();
  }

  #clear() {
    fill(this.form, NONE);
    this.#edited();
    this.#save();
  }

  #leaveToModel(button) {
    if (!button) return;
    leave(button);
    this.#edited();
    this.#save();
  }

  /** One after the other, and only the last of those that wait. */
  #save() {
    this.#check();
    const wrong = this.form.querySelector(":invalid:not(fieldset)");
    if (wrong) return this.#refuse(wrong);
    this.#isWanted = true;
    this.#saving ??= this.#store().finally(() => (this.#saving = null));
  }

  async #store() {
    while (this.#isWanted) {
      this.#isWanted = this.#isEdited = false;
      const chosen = read(this.form, this.settings.parameters);
      try {
        const kept = page.conversation ? await storeSettings(chosen, this.settings) : chosen;
        this.settings = this.#isEdited ? chosen : kept;
        if (this.settings !== chosen) fill(this.form, this.settings);
        this.#say("");
        if (!this.#isEdited) this.#tell(phrase("parameters.saved"));
        this.dispatchEvent(new CustomEvent("changed"));
      } catch (error) {
        this.#isEdited = true;
        this.settings = error.now ?? this.settings;
        this.#say(sentence(error));
      }
    }
  }

  #refuse(field) {
    const details = field.closest("details");
    if (details) details.open = true;
    const { textContent: label } = field.labels[0];
    this.#say(phrase("parameters.wrong", { label: label.trim(), why: field.validationMessage }));
  }

  #check() {
    const { budget, json_schema: schema, thinking } = this.form;
    const hasBudget = thinking.value === "budget" && !thinking.disabled;
    budget.disabled = budget.closest("[data-budget]").hidden = !hasBudget;
    schema.setCustomValidity(objection(schema.value));
    mark(this.form);
    this.#team.mark(this.form);
  }

  /** A dialog that is not modal is not closed by Escape. */
  #keyDown(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    this.#dialog.close();
  }

  #say(sentence) {
    const notice = this.querySelector(".parameters__notice");
    notice.textContent = sentence;
    notice.hidden = !sentence;
  }

  #tell(word) {
    this.querySelector(".parameters__saved").textContent = word;
  }
}

customElements.define("parameter-panel", ParameterPanel);
