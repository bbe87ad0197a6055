/** Says calmly that the connection is away, once it has been away long enough to matter. */

import { phrase } from "../helpers/page.js";

const PATIENCE = 1_000;

class ConnectionStatus extends HTMLElement {
  #timer = 0;

  show(state) {
    clearTimeout(this.#timer);
    if (state === "connected") this.#say("");
    else this.#timer = setTimeout(() => this.#say(phrase(`connection.${state}`)), PATIENCE);
  }

  #say(text) {
    this.textContent = text;
  }
}

customElements.define("connection-status", ConnectionStatus);
