/** The bell: how much has happened that its reader has not read; its list comes with the first look. */

import { fetchPart } from "../helpers/loading.js";
import { phrase } from "../helpers/phrases.js";

const MOST = 99;

export class Bell {
  #chat;
  #bell = document.querySelector(".bell");
  /** The list of the newest, once somebody has looked. */
  #panel = null;
  /** The first connection brings nothing that the page does not have. */
  #isFirst = true;

  constructor(chat) {
    this.#chat = chat;
  }

  listen() {
    const { socket } = this.#chat;
    socket.addEventListener("frame", ({ detail }) => this.#take(detail));
    socket.addEventListener("open", () => this.#catchUp());
    this.#bell.querySelector("[popover]").addEventListener("beforetoggle", ({ newState }) => newState === "open" && this.#open());
    this.show(Number(this.#bell.dataset.unread));
  }

  show(unread) {
    this.#bell.dataset.unread = unread;
    this.#bell.querySelector(".bell__count").textContent = unread > MOST ? `${MOST}+` : unread || "";
    this.#bell.querySelector(".bell__spoken").textContent = unread ? phrase("bell.unread", { count: unread }) : "";
    this.#panel?.changed();
  }

  /** With a conversation goes what happened in it. */
  #take({ type, unread }) {
    if (type.startsWith("notification.")) this.show(unread);
    else if (type === "conversation.gone") this.#count();
  }

  /** What happened while there was no connection; the page before this one may just have read what this one counts. */
  async #catchUp() {
    if (!this.#isFirst || Number(this.#bell.dataset.unread)) await this.#count();
    this.#isFirst = false;
  }

  async #count() {
    const response = await fetch(`${this.#bell.dataset.api}?limit=1`).catch(() => null);
    if (response?.ok) this.show((await response.json()).unread);
  }

  async #open() {
    const loaded = await fetchPart(() => import("./bell-panel.js"));
    if (loaded) this.#panel ??= new loaded.BellPanel(this, this.#chat.socket);
    await this.#panel?.fill();
  }
}
