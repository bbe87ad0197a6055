/** The line that tells of a mention, with the way there. The first one, or a long wait, asks whether the browser may tell. */

import { ASKED } from "../helpers/attention-keys.js";
import { askToNotify, mayAsk } from "../helpers/notifying.js";
import { forever } from "../helpers/storage.js";
import { clone } from "../helpers/templates.js";

const SHOWN = 10_000;

class MentionNote extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    this.#button("notify").addEventListener("click", () => this.#ask());
    this.#button("close").addEventListener("click", () => this.#close());
    for (const type of ["pointerenter", "focusin"]) this.addEventListener(type, () => clearTimeout(this.#timer));
    for (const type of ["pointerleave", "focusout"]) this.addEventListener(type, () => this.#wait());
  }

  tell(sentence, address) {
    this.#button("notify").hidden = !mayAsk() || Boolean(forever.get(ASKED));
    this.showPopover();
    this.querySelector("a").hidden = !address;
    this.querySelector("a").href = address;
    this.querySelector(".mention-note__words").textContent = sentence;
    this.#wait();
  }

  #button(name) {
    return this.querySelector(`[name=${name}]`);
  }

  /** A question waits for its answer. */
  #wait() {
    clearTimeout(this.#timer);
    if (this.#button("notify").hidden) this.#timer = setTimeout(() => this.hidePopover(), SHOWN);
  }

  async #ask() {
    this.#close();
    await askToNotify();
  }

  #close() {
    if (!this.#button("notify").hidden) forever.set(ASKED, "1");
    this.hidePopover();
  }
}

customElements.define("mention-note", MentionNote);

/** Shows this sentence, and the way to the message if there is one. */
export function tell(sentence, address = "") {
  (document.querySelector("mention-note") ?? document.body.appendChild(clone("mention-note-template"))).tell(sentence, address);
}
