/** A summary below the last message that it sums up: its words, its versions, and other words for it. */

import { call } from "../helpers/api.js";
import { phrase } from "../helpers/phrases.js";
import { codeOf } from "../helpers/refused.js";

class ChatSummary extends HTMLElement {
  connectedCallback() {
    if (!this.#form) return; // Its reader does not write here.
    this.querySelector("[name=edit]").addEventListener("click", () => this.#write(true));
    this.#form.cancel.addEventListener("click", () => this.#cancel());
    this.#form.addEventListener("submit", (event) => this.#save(event));
  }

  get isWritten() {
    return Boolean(this.#form && !this.#form.hidden);
  }

  get #form() {
    return this.querySelector("form");
  }

  #write(isOn) {
    this.#form.hidden = !isOn;
    this.querySelector(".summary__fold").hidden = isOn;
    this.querySelector(isOn ? "textarea" : "[name=edit]").focus();
    if (!isOn) this.dispatchEvent(new Event("folded", { bubbles: true })); // Another version may have come meanwhile.
  }

  #cancel() {
    this.#form.reset();
    this.#say("");
    this.#write(false);
  }

  async #save(event) {
    event.preventDefault();
    this.#form.save.disabled = true;
    const body = { text: this.#form.elements.text.value, version: Number(this.dataset.version) };
    const code = await call("PUT", this.dataset.source, body).then(() => "", codeOf);
    this.#form.save.disabled = false;
    this.#say(code && (phrase(`summary.${code}`) || phrase(`refused.${code}`) || phrase("summary.lost")));
    if (!code) this.#write(false);
  }

  #say(sentence) {
    this.querySelector(".summary__notice").textContent = sentence;
  }
}

customElements.define("chat-summary", ChatSummary);
