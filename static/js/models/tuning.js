/**
 * How the model is asked: the buttons at the composer, and the panel, which comes when it is first wanted.
 *
 * What is set for a conversation that has not begun is kept in this tab, as its draft is: it survives a reload and a visit
 * to another page.
 */

import { fetchPart } from "../helpers/loading.js";
import { placePart } from "../helpers/page-parts.js";
import { thisTab } from "../helpers/storage.js";
import { placeOf } from "./drafts.js";
import { page } from "./page.js";

const SEARCH = "web_search";

export class Tuning {
  #composer;
  #panel = null;
  #fetching = null;
  #setting = null;

  constructor(composer) {
    this.#composer = composer;
    const { search, tune } = composer.form.elements;
    tune.addEventListener("click", () => this.#open());
    search.addEventListener("click", () => (this.#setting = this.#setSearch(search)));
    composer.models.addEventListener("changed", () => this.#changed());
    if (this.#kept) this.show(stateOf(this.#kept));
  }

  /** Whether something must be stored before the next question is asked. */
  get isPending() {
    if (this.#setting) return true;
    return this.#panel ? this.#panel.isSaving || this.#panel.isWaiting : Boolean(this.#kept);
  }

  /** Shows whether the model is asked in another way than it likes best, and whether it may search the web. */
  show({ tuned, searches }) {
    const { search, tune } = this.#composer.form.elements;
    tune.toggleAttribute("data-set", tuned);
    search.ariaPressed = String(searches);
  }

  /**
   * Stores what is set. The first reply must know it already, so a conversation is begun before it is asked for: then its
   * id is returned. Rejects with Refused, or where the panel does not come.
   */
  async settle(choice) {
    await this.#setting;
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

  #changed() {
    const { form, models } = this.#composer;
    const isKnown = models.knows.some((names) => names.split(" ").includes(SEARCH));
    form.elements.search.hidden = !isKnown || Boolean(models.assistants?.sets.includes(SEARCH));
    this.#panel?.limit(models);
  }

  /** Sets the switch of the panel as if somebody had; where that fails, the panel opens and says why. */
  async #setSearch(button) {
    const isWanted = button.ariaPressed !== "true";
    button.ariaPressed = String(isWanted);
    await this.#load();
    await this.#panel?.read();
    const { [SEARCH]: field, fields } = this.#panel?.form.elements ?? {};
    if (field && !fields.disabled) {
      field.checked = isWanted;
      for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
      await this.#panel.saved();
    }
    if (button.ariaPressed !== String(isWanted)) return; // Clicked again meanwhile.
    this.#setting = null;
    const isNow = Boolean(this.#panel?.settings.parameters[SEARCH]);
    button.ariaPressed = String(isNow);
    if (isNow !== isWanted) this.#panel?.toggle(this.#composer.models);
  }

  async #load() {
    this.#fetching ??= fetchPart(() => this.#fetch());
    this.#panel = await this.#fetching;
    if (!this.#panel) this.#fetching = null;
  }

  async #fetch() {
    await import("../elements/parameter-panel.js");
    await placePart(page.urls.parameters, this.#composer);
    const panel = this.#composer.querySelector("parameter-panel");
    if (this.#kept) panel.settings = this.#kept;
    panel.addEventListener("changed", () => {
      this.show(stateOf(panel.settings));
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

function stateOf({ system_prompt, parameters }) {
  return { tuned: Boolean(system_prompt) || Object.keys(parameters).length > 0, searches: Boolean(parameters[SEARCH]) };
}
