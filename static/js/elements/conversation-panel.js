/** Another title for a conversation, or its end. */

import { call } from "../helpers/api.js";
import { phrase } from "../helpers/phrases.js";
import { codeOf } from "../helpers/refused.js";
import { page } from "../models/page.js";

class ConversationPanel extends HTMLElement {
  #id = "";

  connectedCallback() {
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.form.close.addEventListener("click", () => this.#dialog.close());
    this.form.drop.addEventListener("click", () => this.#ask(true));
    this.form.keep.addEventListener("click", () => this.#ask(false));
    this.form.confirm.addEventListener("click", () => this.#try(() => this.#end()));
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.#dialog.close()); // beside it
  }

  get form() {
    return this.querySelector("form");
  }

  /** Shows the title; what this person may do with the conversation is asked anew each time. */
  async open(id, title) {
    this.#id = id;
    this.form.conversation_title.value = this.querySelector(".ending__title").textContent = title;
    this.form.fields.disabled = true;
    this.#ask(false);
    this.#say("");
    this.#dialog.showModal();
    await this.#try(async () => {
      const { audience } = await call("GET", page.api.conversation(id));
      if (id !== this.#id) return;
      this.form.fields.disabled = !audience.write;
      this.form.drop.hidden = !audience.decide;
      if (!audience.write) this.#say(phrase("panel.reader"));
      this.form.conversation_title.select();
    });
  }

  get #dialog() {
    return this.querySelector("dialog");
  }

  async #submit(event) {
    event.preventDefault();
    await this.#try(async () => {
      await call("PATCH", page.api.conversation(this.#id), { title: this.form.conversation_title.value });
      this.#dialog.close();
    });
  }

  async #end() {
    await call("DELETE", page.api.conversation(this.#id));
    this.#dialog.close();
    this.dispatchEvent(new CustomEvent("ended", { bubbles: true, detail: this.#id }));
    if (page.conversation === this.#id) location.assign(page.urls.home);
  }

  async #try(act) {
    try {
      await act();
    } catch (error) {
      this.#say(phrase(`action.${codeOf(error)}`) || phrase("action.refused"));
    }
  }

  #ask(asks) {
    this.querySelector(".ending").hidden = !asks;
    this.form.fields.hidden = asks;
    if (asks) this.form.keep.focus();
  }

  #say(sentence) {
    const notice = this.querySelector("[role=alert]");
    notice.textContent = sentence;
    notice.hidden = !sentence;
  }
}

customElements.define("conversation-panel", ConversationPanel);
