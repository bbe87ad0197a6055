/** Several models for the same question: with two or more ticked they are asked at once. */

import { phrase } from "../helpers/phrases.js";
import { placeBeside } from "../helpers/popover-position.js";

class ModelComparison extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", () => this.#changed());
  }

  /** Shows the choice; where nothing was compared so far, the model chosen is among them. */
  open(select) {
    if (!this.#ticked.length) this.querySelector(`[value="${CSS.escape(select.value)}"]`).checked = true;
    this.showPopover();
    placeBeside(this, select.form.several);
    this.#limit();
  }

  /** Back to one model, named so. */
  askOnly(name) {
    const [first, ...others] = this.#ticked;
    if (!others.length) return;
    const chosen = [...first.form.model.options].find((option) => option.textContent === name);
    for (const box of [first, ...others]) box.checked = box.value === chosen?.value;
    this.#changed();
  }

  get #ticked() {
    return [...this.querySelectorAll("input:checked")];
  }

  #changed() {
    const { form } = this.querySelector("input");
    const count = this.#ticked.length;
    this.#limit();
    if (count === 1) form.model.value = this.#ticked[0].value;
    form.toggleAttribute("data-comparing", count > 1);
    form.several.querySelector(".composer__several").textContent = count > 1 ? phrase("models", { count }) : "";
    form.model.dispatchEvent(new Event("change"));
  }

  #limit() {
    const isFull = this.#ticked.length >= Number(this.dataset.most);
    for (const box of this.querySelectorAll("input:not(:checked)")) box.disabled = isFull;
  }
}

customElements.define("model-comparison", ModelComparison);
