/** The bell: how much has happened that its reader has not read, and a list of the newest. */

import { fragment } from "../helpers/html.js";
import { phrase } from "../helpers/phrases.js";
import { codeOf } from "../helpers/refused.js";

const MOST = 99;

export class Bell {
  #chat;
  #bell = document.querySelector(".bell");
  #panel = this.#bell.querySelector(".bell__panel");
  #list = this.#bell.querySelector(".bell__list");
  #all = this.#bell.querySelector("[name=read]");
  /** The first connection brings nothing that the page does not have. */
  #isFirst = true;

  constructor(chat) {
    this.#chat = chat;
  }

  listen() {
    const { socket } = this.#chat;
    socket.addEventListener("frame", ({ detail }) => this.#take(detail));
    socket.addEventListener("open", () => this.#catchUp());
    this.#panel.addEventListener("beforetoggle", ({ newState }) => newState === "open" && this.#fill());
    this.#list.addEventListener("click", ({ target }) => target.closest("[data-id]") && this.#read({ notification: target.closest("[data-id]").dataset.id }));
    this.#all.addEventListener("click", () => this.#read());
    this.#show(Number(this.#bell.dataset.unread));
  }

  /** With a conversation goes what happened in it. */
  #take({ type, unread }) {
    if (type.startsWith("notification.")) this.#show(unread);
    else if (type === "conversation.gone") this.#count();
  }

  #show(unread) {
    this.#bell.dataset.unread = unread;
    this.#bell.querySelector(".bell__count").textContent = unread > MOST ? `${MOST}+` : unread || "";
    this.#bell.querySelector(".bell__spoken").textContent = unread ? phrase("bell.unread", { count: unread }) : "";
    this.#all.hidden = !unread;
    if (this.#panel.matches(":popover-open")) this.#fill();
  }

  /** What happened while there was no connection. */
  async #catchUp() {
    if (!this.#isFirst) await this.#count();
    this.#isFirst = false;
  }

  async #count() {
    const response = await fetch(`${this.#bell.dataset.api}?limit=1`).catch(() => null);
    if (response?.ok) this.#show((await response.json()).unread);
  }

  async #fill() {
    const response = await fetch(this.#bell.dataset.source).catch(() => null);
    if (!response?.ok || response.redirected) return this.#list.replaceChildren(phrase("part.lost"));
    this.#list.replaceChildren(fragment(await response.text()));
  }

  /** One of them, or all. What a conversation brings is read where it stands, too. */
  async #read(which = {}) {
    const answer = await this.#chat.socket.request({ type: "notification.read", ...which }).catch(codeOf);
    if (typeof answer === "object") this.#show(answer.unread);
  }
}
