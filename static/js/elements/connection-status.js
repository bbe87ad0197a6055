/** Says calmly that the connection is away, once it has been away long enough to matter, or that it is none of the usual. */

import { withLater } from "../helpers/loading.js";
import { phrase } from "../helpers/phrases.js";
import { clone } from "../helpers/templates.js";

const PATIENCE = 1_000;
const QUIET = ["connected", "resting"];

class ConnectionStatus extends HTMLElement {
  #timer = 0;
  #shown = "";

  /** `trouble` tells why there is no websocket; see models/way.js. */
  show(state, trouble) {
    clearTimeout(this.#timer);
    if (QUIET.includes(state)) this.#say("");
    else if (state === "paused") this.#offerReturn();
    else if (state === "limited") this.#explain(trouble);
    else this.#timer = setTimeout(() => this.#say(phrase(`connection.${state}`)), PATIENCE);
  }

  /** Says something else of what did not arrive, until there is more to say of the connection. */
  tell(text) {
    this.#say(text, "limited");
  }

  #say(text, kind = "") {
    this.#shown = "";
    this.textContent = text;
    this.classList.toggle("connection--paused", kind === "paused");
    this.classList.toggle("connection--limited", kind === "limited");
  }

  /** This tab made room for others and stays away until somebody wants it. */
  #offerReturn() {
    this.#say(phrase("connection.paused"), "paused");
    const button = this.appendChild(clone("return-template"));
    button.addEventListener("click", () => this.dispatchEvent(new CustomEvent("return")));
  }

  /** The same again says nothing anew: a screen reader would read it out. */
  async #explain({ why, polls }) {
    if (this.#shown === why + polls) return;
    this.#say(`${phrase("connection.limited")} `, "limited");
    this.#shown = why + polls;
    const isHere = await withLater(() => true).catch(() => (this.#shown = ""));
    if (!isHere || this.#shown !== why + polls) return;
    this.append(clone("limited-template"));
    const panel = document.getElementById("limited");
    panel.classList.toggle("limited--polls", polls);
    for (const line of panel.querySelectorAll(".limited__why")) {
      line.classList.toggle("limited__why--seen", line.dataset.trouble === why);
    }
  }
}

customElements.define("connection-status", ConnectionStatus);
