/** Another wording of a question, written in the question's place. What is not sent is kept for the next time. */

import { SendKey } from "../helpers/keyboard.js";
import { phrase } from "../helpers/phrases.js";
import { thisTab } from "../helpers/storage.js";
import { clone } from "../helpers/templates.js";

class MessageEditor extends HTMLElement {
  #sendKey = null;

  connectedCallback() {
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.form.cancel.addEventListener("click", () => this.#cancel());
    this.#sendKey = new SendKey(this.text);
    this.text.addEventListener("keydown", (event) => this.#keyDown(event));
    this.text.addEventListener("input", () => this.#typed());
    this.text.value = thisTab.get(this.#draft) || this.#message.source;
    this.#typed();
    this.text.focus();
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

  get #draft() {
    return `edit:${this.#message.dataset.id}`;
  }

  #keyDown(event) {
    if (event.key === "Escape" && !event.isComposing) this.#cancel();
    else if (this.#sendKey.isMeant(event)) {
      event.preventDefault();
      this.form.requestSubmit();
    }
  }

  #typed() {
    const isChanged = this.text.value !== this.#message.source;
    thisTab.set(this.#draft, isChanged ? this.text.value : "");
    this.form.send.disabled = !this.text.value.trim() && !this.#message.querySelector(".message__files > *");
    this.#say("");
  }

  #submit(event) {
    event.preventDefault();
    if (this.form.send.disabled) return;
    this.form.send.disabled = this.text.readOnly = true;
    const text = this.text.value.trim() ? this.text.value : "";
    const detail = { type: "message.edit", message: this.#message.dataset.id, text };
    this.dispatchEvent(new CustomEvent("act", { bubbles: true, detail }));
  }

  #cancel() {
    const message = this.#message;
    this.#end();
    message.querySelector("[data-act=edit]")?.focus();
  }

  #end() {
    thisTab.set(this.#draft, "");
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
