/** What calls a reader back: the unread in the page's title, and a notification when a reply ends in a hidden tab. */

import { NO_COUNT } from "../helpers/attention-keys.js";
import { notify } from "../helpers/notifying.js";
import { countUnread } from "../helpers/page-title.js";
import { phrase } from "../helpers/phrases.js";
import { forever } from "../helpers/storage.js";
import { page } from "../models/page.js";

export class Attention {
  #chat;
  /** Something has ended here since the tab was looked at. */
  #isMissed = false;

  constructor(chat) {
    this.#chat = chat;
  }

  listen() {
    const { list, socket } = this.#chat;
    new MutationObserver(() => this.#count()).observe(list, { subtree: true, childList: true, attributeFilter: ["data-unread", "data-muted", "data-mentioned"] });
    socket.addEventListener("frame", ({ detail }) => document.hidden && this.#take(detail));
    document.addEventListener("visibilitychange", () => document.hidden || this.#set(false));
    this.#count();
  }

  #take({ type, conversation, message }) {
    if (type !== "message.finished" || conversation !== page.conversation || message.role !== "assistant") return;
    this.#set(true);
    if (message.asked_by === page.person.id) this.#notify(message);
  }

  #set(isMissed) {
    this.#isMissed = isMissed;
    this.#count();
  }

  #count() {
    const rows = [...this.#chat.list.querySelectorAll(".section .row:is([data-unread]:not([data-muted]), [data-mentioned])")];
    const isMentioned = rows.some((row) => row.hasAttribute("data-mentioned"));
    countUnread(forever.get(NO_COUNT) ? 0 : rows.length + Number(this.#isMissed), isMentioned);
  }

  /** No word of the reply: others may see the screen. */
  #notify({ id, model_name: model }) {
    const title = document.querySelector(".chat__title").textContent;
    notify(title, phrase("notify", { model }), id, () => window.focus());
  }
}
