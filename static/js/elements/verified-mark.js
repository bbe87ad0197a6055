/** The line below a reply that says who vouches for it, since when, and whether it wants looking at again. */

import { isDue, lookAgain, vouched } from "../helpers/vouching.js";

class VerifiedMark extends HTMLElement {
  connectedCallback() {
    this.#say();
  }

  show({ by, note, until, at }) {
    Object.assign(this.dataset, { person: by?.id ?? "", name: by?.name ?? "", at, until: until ?? "" });
    this.querySelector(".verified__note").textContent = note;
    if (this.isConnected) this.#say();
  }

  #say() {
    const { name, at, until } = this.dataset;
    this.toggleAttribute("data-due", isDue(until));
    const said = [vouched({ name, at }), until && lookAgain(until)].filter(Boolean);
    this.querySelector(".verified__words").textContent = said.join(" · ");
  }
}

customElements.define("verified-mark", VerifiedMark);
