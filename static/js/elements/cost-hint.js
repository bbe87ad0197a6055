/**
 * What the question is likely to cost, what is left for it, and how much of the model's window it takes, once its writer
 * rests; silent where nobody knows.
 */

import { call } from "../helpers/api.js";
import { money } from "../helpers/formats.js";
import { addPhrases, phrase } from "../helpers/phrases.js";
import { questionIn } from "../helpers/question.js";
import { page } from "../models/page.js";

const REST = 600;

class CostHint extends HTMLElement {
  #timer = 0;
  #asked = 0;

  connectedCallback() {
    addPhrases(this.querySelector(".more-words"));
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
    else this.#say(null, null);
  }

  async #ask() {
    const number = this.#asked;
    const told = await call("POST", page.api.estimate, questionIn(this.#form)).catch(() => null); // A hint that is not there is no fault.
    if (number === this.#asked) this.#say(told?.cost ? told : null, told?.window_share ?? null, told?.folds_at);
  }

  #say(told, share, full) {
    const [text, isTight] = told ? wordsOf(told) : ["", false];
    this.replaceChildren(...(share === null ? [] : [ringOf(share, full)]), text);
    this.hidden = !text && share === null;
    this.toggleAttribute("data-tight", isTight);
    this.toggleAttribute("data-silent", !text);
  }
}

/** The sentence about money, and whether there is little left. */
function wordsOf(told) {
  const [tightest] = told.budgets.filter(({ left }) => left !== null).sort((one, other) => one.left - other.left);
  const [cost, likely, left] = [told.cost, told.likely_cost, tightest?.left].map((amount) => money(amount ?? 0, told.currency));
  const said = [phrase(told.likely_cost === null ? "cost" : "cost.likely", { cost, likely })];
  if (tightest) said.push(phrase(`cost.left.${tightest.period}`, { left }));
  return [said.join(" · "), told.budgets.some(({ warns }) => warns) || tightest?.left < told.cost];
}

function ringOf(share, full) {
  const ring = document.createElement("span");
  ring.className = "window-ring";
  ring.setAttribute("role", "img");
  ring.title = ring.ariaLabel = phrase(share >= full ? "window.full" : "window", { share: `${Math.max(1, Math.round(100 * share))} %` });
  ring.style.setProperty("--share", Math.min(1, share));
  ring.toggleAttribute("data-full", share >= full);
  return ring;
}

customElements.define("cost-hint", CostHint);
