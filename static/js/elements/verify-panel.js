/** The small form with which somebody vouches for a reply: a note, and a day on which to look at it again. */

import { phrase } from "../helpers/phrases.js";
import { clone } from "../helpers/templates.js";
import { today } from "../helpers/vouching.js";

class VerifyPanel extends HTMLElement {
  #message = "";

  connectedCallback() {
    this.#form.addEventListener("submit", (event) => this.#submit(event));
  }

  /** For this message: with what is said of it, if it is verified already. */
  open({ dataset: { id }, mark }) {
    this.#message = id;
    this.#say("");
    const { note, until } = this.#form.elements;
    note.value = mark?.querySelector(".verified__note").textContent ?? "";
    until.min = today();
    until.value = mark?.dataset.until >= until.min ? mark.dataset.until : "";
    this.showPopover();
    note.focus();
  }

  /** See models/branches.js. */
  settled(code) {
    this.#form.verify.disabled = false;
    if (code) this.#say(phrase(`verify.${code}`) || phrase(`action.${code}`) || phrase("action.refused"));
    else this.hidePopover();
  }

  get #form() {
    return this.querySelector("form");
  }

  #submit(event) {
    event.preventDefault();
    const { note, until } = this.#form.elements;
    this.#form.verify.disabled = true;
    this.#say("");
    const detail = { type: "reply.verify", message: this.#message, note: note.value, until: until.value || null };
    this.dispatchEvent(new CustomEvent("act", { bubbles: true, detail }));
  }

  #say(sentence) {
    const notice = this.querySelector(".field__error");
    notice.textContent = sentence;
    notice.hidden = !sentence;
  }
}

customElements.define("verify-panel", VerifyPanel);

/** Opens it for this message. It stands in the transcript, which carries out what is asked for there. */
export function open(message) {
  const panel = document.querySelector("verify-panel") ?? document.querySelector("chat-transcript").appendChild(clone("verify-panel-template"));
  panel.open({ dataset: message.dataset, mark: message.querySelector("verified-mark") });
}
