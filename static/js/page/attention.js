/** What calls a reader back: the unread in the page's title, and a notification when a reply ends in a hidden tab. */

import { NO_COUNT, NOTIFIES } from "../helpers/attention-keys.js";
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
    new MutationObserver(() => this.#count()).observe(list, { subtree: true, childList: true, attributeFilter: ["data-unread", "data-muted"] });
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
    const { length } = this.#chat.list.querySelectorAll(".section .row[data-unread]:not([data-muted])");
    countUnread(forever.get(NO_COUNT) ? 0 : length + Number(this.#isMissed));
  }

  /** No word of the reply: others may see the screen. Some phones let only service workers notify, and throw. */
  #notify({ id, model_name: model }) {
    if (!forever.get(NOTIFIES) || globalThis.Notification?.permission !== "granted") return;
    try {
      const shown = new Notification(document.querySelector(".chat__title").textContent, { body: phrase("notify", { model }), tag: id });
      shown.addEventListener("click", () => window.focus());
    } catch {
      forever.set(NOTIFIES, "");
    }
  }
}
