/** A conversation's title as a field in its own place: Enter keeps what it says, and so does going elsewhere. */

import { call } from "../helpers/api.js";
import { phrase } from "../helpers/phrases.js";
import { codeOf } from "../helpers/refused.js";
import { clone } from "../helpers/templates.js";
import { page } from "../models/page.js";

class TitleField {
  #root = clone("title-field-template");
  #input = this.#root.querySelector("input");
  #id;
  #shown;
  #button;
  #title;
  #saved;

  constructor({ id, shown, button, saved, title = button.textContent }) {
    [this.#id, this.#shown, this.#button, this.#title, this.#saved] = [id, shown, button, title, saved];
    this.#input.value = title;
    this.#input.addEventListener("keydown", (event) => this.#keyDown(event));
    this.#input.addEventListener("blur", () => this.#root.isConnected && this.#save());
  }

  open() {
    this.#shown.after(this.#root);
    this.#shown.hidden = true;
    this.#input.select();
  }

  #keyDown(event) {
    if (!["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault(); // The button that gets the focus would be pressed by the same Enter.
    if (event.key === "Enter") this.#save();
    else this.#close();
  }

  /** An empty title changes nothing. */
  async #save() {
    const title = this.#input.value.trim();
    if (this.#input.readOnly) return;
    if (!title || title === this.#title) return this.#close();
    this.#input.readOnly = true;
    try {
      this.#saved(await call("PATCH", page.api.conversation(this.#id), { title }));
      this.#close();
    } catch (error) {
      this.#root.querySelector("[role=alert]").textContent = phrase(`action.${codeOf(error)}`) || phrase("action.refused");
    }
    this.#input.readOnly = false;
  }

  #close() {
    const hadFocus = this.#input.matches(":focus");
    this.#shown.hidden = false;
    this.#input.readOnly = true; // It loses the focus by going.
    this.#root.remove();
    if (hadFocus) this.#button.focus();
  }
}

/** Puts the field in the place of `shown`; `saved` is told of the conversation with its other title, `button` has the old one. */
export function open({ shown, ...field }) {
  if (!shown.hidden) new TitleField({ shown, ...field }).open();
}
