/** The list behind the bell: fetched when it is opened, and again when something happens meanwhile. */

import { fragment } from "../helpers/html.js";
import { phrase } from "../helpers/phrases.js";
import { codeOf } from "../helpers/refused.js";

export class BellPanel {
  #bell;
  #socket;
  #element = document.getElementById("bell");

  constructor(bell, socket) {
    [this.#bell, this.#socket] = [bell, socket];
    this.#element.addEventListener("click", ({ target }) => this.#clicked(target));
  }

  changed() {
    if (this.#element.matches(":popover-open")) this.fill();
  }

  async fill() {
    const response = await fetch(this.#element.dataset.source).catch(() => null);
    const isThere = response?.ok && !response.redirected;
    this.#element.replaceChildren(isThere ? fragment(await response.text()) : phrase("part.lost"));
  }

  /** What a conversation brings is read where it stands, too. */
  #clicked(target) {
    const link = target.closest("[data-id]");
    if (link) this.#read({ notification: link.dataset.id });
    else if (target.closest("[name=read]")) this.#read({});
  }

  async #read(which) {
    const answer = await this.#socket.request({ type: "notification.read", ...which }).catch(codeOf);
    if (typeof answer === "object") this.#bell.show(answer.unread);
  }
}
