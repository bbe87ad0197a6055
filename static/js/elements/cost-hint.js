/** What the question is likely to cost and what is left for it, once its writer rests; silent where nobody knows. */

import { call } from "../helpers/api.js";
import { money } from "../helpers/formats.js";
import { phrase } from "../helpers/phrases.js";
import { page } from "../models/page.js";

const REST = 600;

class CostHint extends HTMLElement {
  #timer = 0;
  #asked = 0;

  connectedCallback() {
    for (const event of ["input", "change"]) this.#form.addEventListener(event, () => this.#later());
    this.#form.addEventListener("submit", () => this.#later());
    addEventListener("online", () => this.#later());
    this.#later();
  }

  get #form() {
    return this.closest("form");
  }

  #later() {
    clearTimeout(this.#timer);
    this.#asked += 1; // What is on its way is about another text.
    if (this.#form.elements.text.value.trim()) this.#timer = setTimeout(() => this.#ask(), REST);
    else this.#show("");
  }

  async #ask() {
    const number = this.#asked;
    const told = await call("POST", page.api.estimate, this.#question).catch(() => null); // A hint that is not there is no fault.
    if (number === this.#asked) this.#tell(told);
  }

  get #question() {
    const { text, team, model } = this.#form.elements;
    const compared = [...this.#form.querySelectorAll("[name=compare]:checked")].map(({ value }) => value);
    return {
      conversation: page.conversation || null,
      parent: document.querySelector("chat-transcript").thread.lastId,
      team: team?.value || null,
      models: compared.length > 1 ? compared : model ? [model.value] : [],
      text: text.value,
      files: (this.#form.querySelector("file-tray").files ?? []).map(({ id }) => id),
    };
  }

  #tell(told) {
    if (!told?.cost) return this.#show("");
    const left = told.budgets.map((budget) => budget.left).filter((amount) => amount !== null);
    const least = left.length ? Math.min(...left) : null;
    const values = { cost: money(told.cost, told.currency), left: money(least ?? 0, told.currency) };
    const isTight = told.budgets.some(({ warns }) => warns) || (least !== null && least < told.cost);
    this.#show(phrase(least === null ? "cost" : "cost.left", values), isTight);
  }

  #show(text, isTight = false) {
    this.textContent = text;
    this.hidden = !text;
    this.toggleAttribute("data-tight", isTight);
  }
}

customElements.define("cost-hint", CostHint);
