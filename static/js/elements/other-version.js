/** A line of another version: where the thread goes on, or what is new there, and the way to it. */

import { clone } from "../helpers/templates.js";

class OtherVersion extends HTMLElement {
  /** What tells it from other lines. */
  key = "";

  fill({ key, words, label }, go) {
    if (!this.firstElementChild) this.append(clone("other-version-template"));
    this.key = key;
    this.querySelector(".other-version__words").textContent = words;
    const button = this.querySelector("button");
    button.textContent = label;
    button.onclick = go;
  }
}

customElements.define("other-version", OtherVersion);
