/**
 * The list of models: one is chosen, or several are. The same list serves the composer and another try.
 *
 * A combobox with its listbox, or the listbox alone where there are few models. Source: ARIA Authoring Practices Guide.
 */

import { call } from "../helpers/api.js";
import { focusForTyping } from "../helpers/keyboard.js";
import { Listbox } from "../helpers/listbox.js";
import { FEW } from "../helpers/model-order.js";
import { found, grouped, groupOf, healthFor, isAssistant, modelsAmong, placePicker, rowOf, showHealth } from "../helpers/model-rows.js";
import { phrase } from "../helpers/phrases.js";
import { whenReleased } from "../helpers/pressing.js";
import { clone } from "../helpers/templates.js";
import { page } from "../models/page.js";

class ModelPicker extends HTMLElement {
  #rows = new Map();
  #options = [];
  #button = null;
  #asked = {};
  #chosen = [];
  #listbox = null;

  connectedCallback() {
    const { favourite, compare, done, q } = this.#controls;
    this.#listbox = new Listbox(this.#list, [this.#list, q], (row) => this.#showActive(row));
    this.#list.addEventListener("click", ({ target }) => this.#clicked(target));
    this.addEventListener("keydown", (event) => this.#keyDown(event));
    this.addEventListener("toggle", ({ newState }) => (this.#button.ariaExpanded = String(newState === "open")));
    this.addEventListener("focusout", ({ relatedTarget: next }) => next && !this.contains(next) && this.hidePopover());
    q.addEventListener("input", () => this.#arrange());
    favourite.addEventListener("click", () => this.#favour(this.#listbox.active));
    compare.addEventListener("click", () => this.#compare());
    done.addEventListener("click", () => this.#close());
  }

  /**
   * Opens it at a button, at whose own click it has just been closed. `asked`: the ids that are chosen, whether several may
   * be, how many at most, the team of the conversation, what takes the ids, and what comes when it is closed.
   */
  open(button, options, asked) {
    if (button.ariaExpanded === "true") return;
    [this.#button, this.#options, this.#asked] = [button, options, asked];
    this.#chosen = asked.isSeveral ? modelsAmong(asked.chosen, options) : asked.chosen;
    const { q } = this.#controls;
    [q.value, q.hidden] = ["", options.length <= FEW];
    this.toggleAttribute("data-one-vendor", new Set(options.flatMap(({ dataset }) => dataset.vendors ?? [])).size < 2);
    this.#arrange();
    this.#show();
    this.showPopover();
    placePicker(this, this.#list, button);
    this.#listbox.activate(this.#rows.get(asked.chosen[0]) ?? this.#listbox.rows[0]);
    if (q.hidden) this.#list.focus();
    else focusForTyping(q);
    this.#tellHealth();
  }

  /** Some that come first are here only now that it is open; `chosen` as in `open`. */
  add(options, chosen) {
    this.#options = [...options, ...this.#options];
    if (!this.#asked.isSeveral) this.#chosen = chosen;
    whenReleased(() => {
      this.#arrange();
      this.#show();
      this.#tellHealth();
    });
  }

  get #list() {
    return this.querySelector("[role=listbox]");
  }

  get #controls() {
    const named = (name) => this.querySelector(`[name=${name}]`);
    return { q: named("q"), favourite: named("favourite"), compare: named("compare"), done: named("done") };
  }

  #row(option) {
    if (!this.#rows.has(option.value)) this.#rows.set(option.value, rowOf(option));
    return this.#rows.get(option.value);
  }

  #arrange() {
    const words = this.#controls.q.value.trim();
    const isFlat = words || (this.#options.length <= FEW && !this.#options.some(isAssistant));
    const shown = words ? found(this.#options, words) : this.#options;
    this.#list.replaceChildren(...(isFlat ? shown.map((option) => this.#row(option)) : this.#groups(shown)));
    this.querySelector(".picker__none").textContent = shown.length ? "" : phrase("picker.none");
    if (words) this.#listbox.activate(this.#listbox.rows[0]);
  }

  #groups(options) {
    return grouped(options).map(([title, members]) => groupOf(title, members.map((option) => this.#row(option))));
  }

  /** What changes with a choice, and when it is known how the models are. */
  #show(known) {
    const { isSeveral, most } = this.#asked;
    const isFull = isSeveral && this.#chosen.length >= most;
    this.toggleAttribute("data-several", isSeveral);
    this.#list.ariaMultiSelectable = String(isSeveral);
    for (const option of this.#options) {
      const row = this.#row(option);
      const isChosen = this.#chosen.includes(option.value);
      if (known) showHealth(row, option, known);
      row.ariaSelected = String(isChosen);
      row.ariaDisabled = String("elsewhere" in row.dataset || (isSeveral && isAssistant(option)) || (isFull && !isChosen));
      row.toggleAttribute("data-favourite", "favourite" in option.dataset);
    }
    Object.assign(this.#controls.compare, { hidden: most < 2, ariaPressed: String(isSeveral) });
    this.querySelector(".picker__none").textContent = isFull ? phrase("picker.most", { most }) : "";
  }

  #showActive(row) {
    const { favourite } = this.#controls;
    favourite.disabled = !row || isAssistant(row);
    favourite.ariaPressed = String(Boolean(row?.hasAttribute("data-favourite")));
  }

  #clicked(target) {
    const row = target.closest("[role=option]");
    if (!row) return;
    this.#listbox.activate(row);
    if (target.closest(".picker__star") && !isAssistant(row)) this.#favour(row);
    else this.#choose(row);
  }

  #choose(row) {
    if (!row || row.ariaDisabled === "true") return;
    const { model: id } = row.dataset;
    if (!this.#asked.isSeveral) {
      this.#close();
      return this.#pick([id]);
    }
    const others = this.#chosen.filter((other) => other !== id);
    this.#chosen = others.length < this.#chosen.length ? others : [...others, id];
    this.#show();
    if (this.#chosen.length) this.#pick(this.#chosen); // Without one it stays as it was.
  }

  #pick(ids) {
    const now = -Date.now();
    for (const id of ids) this.#options.find(({ value }) => value === id).dataset.recent = now;
    this.#asked.pick(ids);
  }

  #compare() {
    const isSeveral = (this.#asked.isSeveral = !this.#asked.isSeveral);
    this.#chosen = isSeveral ? modelsAmong(this.#chosen, this.#options) : this.#chosen.slice(0, 1);
    if (!isSeveral && this.#chosen.length) this.#asked.pick(this.#chosen);
    this.#show();
  }

  #close() {
    this.hidePopover();
    this.#asked.goOn?.();
  }

  async #favour(row) {
    const option = this.#options.find(({ value }) => value === row.dataset.model);
    const method = option.toggleAttribute("data-favourite") ? "PUT" : "DELETE";
    this.#show();
    this.#listbox.activate(row);
    const isKept = await call(method, page.api.favourite(option.value)).catch(() => false);
    if (isKept !== false) return;
    option.toggleAttribute("data-favourite");
    this.#show();
    this.querySelector(".picker__none").textContent = phrase("action.lost");
  }

  #tellHealth() {
    healthFor(this.#asked.team).then((known) => known && whenReleased(() => this.#show(known)));
  }

  #keyDown(event) {
    const { key, target } = event;
    const isInList = target === this.#list;
    if (key === "Escape") this.#close();
    else if ((key === "Enter" && target.name === "q") || (["Enter", " "].includes(key) && isInList)) {
      this.#choose(this.#listbox.active);
    } else if (!this.#listbox.move(key, isInList)) return;
    event.preventDefault();
  }
}

customElements.define("model-picker", ModelPicker);

/** Opens it at this button, for these options of the composer. */
export function open(button, options, asked) {
  const picker = document.querySelector("model-picker") ?? document.body.appendChild(clone("model-picker-template"));
  picker.open(button, options, asked);
}
