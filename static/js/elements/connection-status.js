/** Says calmly that the connection is away, once it has been away long enough to matter. */

import { phrase } from "../helpers/phrases.js";
import { clone } from "../helpers/templates.js";

const PATIENCE = 1_000;

class ConnectionStatus extends HTMLElement {
  #timer = 0;

  show(state) {
    clearTimeout(this.#timer);
    if (state === "connected") this.#say("");
    else if (state === "paused") this.#offerReturn();
    else this.#timer = setTimeout(() => this.#say(phrase(`connection.${state}`)), PATIENCE);
  }

  #say(text) {
    this.textContent = text;
    this.classList.remove("connection--paused");
  }

  /** This tab made room for others and stays away until somebody wants it. */
  #offerReturn() {
    this.#say(phrase("connection.paused"));
    this.classList.add("connection--paused");
    const button = this.appendChild(clone("return-template"));
    button.addEventListener("click", () => this.dispatchEvent(new CustomEvent("return")));
  }
}

customElements.define("connection-status", ConnectionStatus);
