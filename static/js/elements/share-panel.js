/** A link to what was said so far: the server says what it would show, and the link is in one answer only. */

import { copy } from "../helpers/copy.js";
import { fragment } from "../helpers/html.js";
import { phrase } from "../helpers/phrases.js";
import { page } from "../models/page.js";

class SharePanel extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", (event) => this.#make(event));
    this.addEventListener("click", ({ target }) => this.#clicked(target.closest("[name=copy]")));
  }

  /** Down to this message, or to the last one that has ended. */
  async open(message) {
    const response = await fetch(`${page.urls.share(page.conversation)}?message=${message}`).catch(() => null);
    if (!(await this.#show(response))) this.replaceChildren(phrase(`action.${response ? "not_found" : "lost"}`));
    this.showPopover();
  }

  /** False where the answer is no fragment for this panel. */
  async #show(response) {
    if (response?.redirected) location.reload(); // to the sign-in
    if (!response || response.redirected || [403, 404].includes(response.status) || response.status >= 500) return false;
    this.replaceChildren(fragment(await response.text()));
    this.querySelector(".once__secret")?.select();
    return true;
  }

  async #make(event) {
    event.preventDefault();
    const { target: form, submitter } = event;
    submitter.disabled = true;
    const response = await fetch(form.action, { method: "POST", body: new FormData(form) }).catch(() => null);
    if (await this.#show(response)) return;
    submitter.disabled = false;
    form.querySelector("[role=alert][hidden]").hidden = false;
  }

  #clicked(button) {
    if (button) copy(this.querySelector(".once__secret").value, button);
  }
}

customElements.define("share-panel", SharePanel);

/** Opens it; without a message for all that the reader is shown. */
export async function open(message = "") {
  await document.querySelector("share-panel").open(message);
}
