/** What the question is likely to cost and what is left for it, once its writer rests; silent where nobody knows. */

import { call } from "../helpers/api.js";
import { money } from "../helpers/formats.js";
import { phrase } from "../helpers/phrases.js";
import { questionIn } from "../helpers/question.js";
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
    const isAsked = !this.closest("message-composer").models.isForPeople;
    if (isAsked && this.#form.elements.text.value.trim()) this.#timer = setTimeout(() => this.#ask(), REST);
    else this.#show("");
  }

  async #ask() {
    const number = this.#asked;
    const told = await call("POST", page.api.estimate, questionIn(this.#form)).catch(() => null); // A hint that is not there is no fault.
    if (number === this.#asked) this.#tell(told);
  }

  #tell(told) {
    if (!told?.cost) return this.#show("");
    const [tightest] = told.budgets.filter(({ left }) => left !== null).sort((one, other) => one.left - other.left);
    const [cost, likely, left] = [told.cost, told.likely_cost, tightest?.left].map((amount) => money(amount ?? 0, told.currency));
    const isTight = told.budgets.some(({ warns }) => warns) || tightest?.left < told.cost;
    const said = [phrase(told.likely_cost === null ? "cost" : "cost.likely", { cost, likely })];
    if (tightest) said.push(phrase(`cost.left.${tightest.period}`, { left }));
    this.#show(said.join(" · "), isTight);
  }

  #show(text, isTight = false) {
    this.textContent = text;
    this.hidden = !text;
    this.toggleAttribute("data-tight", isTight);
  }
}

customElements.define("cost-hint", CostHint);
