/** Another wording of a question, written in the question's place. What is not sent is kept for the next time. */

import { isSendKey } from "../helpers/keyboard.js";
import { phrase } from "../helpers/phrases.js";
import { clone } from "../helpers/templates.js";
import { Draft } from "../models/drafts.js";

class MessageEditor extends HTMLElement {
  #draft = null;

  connectedCallback() {
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.form.cancel.addEventListener("click", () => this.#close());
    this.text.addEventListener("keydown", (event) => this.#keyDown(event));
    this.text.addEventListener("input", () => this.#typed());
    this.#draft = new Draft(`edit:${this.#message.dataset.id}`);
    this.#fill();
    this.text.focus();
  }

  disconnectedCallback() {
    this.#draft.letGo();
  }

  get form() {
    return this.querySelector("form");
  }

  get text() {
    return this.form.elements.text;
  }

  /** See models/branches.js. */
  settled(code) {
    this.form.send.disabled = this.text.readOnly = false;
    if (code) this.#say(phrase(`edit.${code}`) || phrase(`refused.${code}`) || phrase("refused"));
    else this.#end();
  }

  get #message() {
    return this.closest("chat-message");
  }

  /** The words that were kept, or else the question's own. */
  async #fill() {
    const { source } = this.#message;
    this.text.value = this.#draft.kept.text || source;
    this.#typed();
    const left = this.text.value === source && (await this.#draft.takeOver());
    if (left) this.#draft.keep(left);
    if (!this.isConnected) return;
    if (left) this.text.value = left.text;
    if (this.text.value !== source) this.#say(phrase("edit.kept"));
  }

  #keyDown(event) {
    if (event.key === "Escape") this.#close({ keeps: true });
    else if (isSendKey(event)) {
      event.preventDefault();
      this.form.requestSubmit();
    }
  }

  #typed() {
    const isChanged = this.text.value !== this.#message.source;
    this.#draft.keep({ text: isChanged ? this.text.value : "" });
    this.form.send.disabled = !this.text.value.trim() && !this.#message.querySelector(".message__files > *");
    this.#say("");
  }

  #submit(event) {
    event.preventDefault();
    if (this.form.send.disabled) return;
    this.form.send.disabled = this.text.readOnly = true;
    const text = this.text.value.trim() ? this.text.value : "";
    const models = document.querySelector("message-composer")?.models.addressees.namedIn(text);
    const detail = { type: "message.edit", message: this.#message.dataset.id, text, ...(models && { models }) };
    this.dispatchEvent(new CustomEvent("act", { bubbles: true, detail }));
  }

  #close({ keeps = false } = {}) {
    const message = this.#message;
    this.#end({ keeps });
    message.querySelector("[data-act=edit]")?.focus();
  }

  #end({ keeps = false } = {}) {
    if (!keeps) this.#draft.keep({ text: "" });
    delete this.#message.dataset.editing;
    this.remove();
  }

  #say(sentence) {
    this.querySelector(".editor__notice").textContent = sentence;
  }
}

customElements.define("message-editor", MessageEditor);

/** Opens the editor in this message's place. */
export function open(message) {
  if (message.querySelector("message-editor")) return;
  message.dataset.editing = "";
  message.querySelector(".message__body").after(clone("editor-template"));
}
