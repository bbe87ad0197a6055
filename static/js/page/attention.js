/** What calls a reader back: the unread in the page's title, and a notification when a reply ends in a hidden tab. */

import { ASKED, NO_COUNT } from "../helpers/attention-keys.js";
import { fetchPart } from "../helpers/loading.js";
import { mayAsk, notify } from "../helpers/notifying.js";
import { countUnread } from "../helpers/page-title.js";
import { phrase } from "../helpers/phrases.js";
import { forever } from "../helpers/storage.js";
import { page } from "../models/page.js";

/** After so long a wait for a reply its reader is asked, once, whether the browser may tell of it. */
const LONG = 20_000;

export class Attention {
  #chat;
  /** Something has ended here since the tab was looked at. */
  #isMissed = false;
  /** Timers of the replies to this reader that are under way here. */
  #waits = new Map();

  constructor(chat) {
    this.#chat = chat;
  }

  listen() {
    const { list, socket } = this.#chat;
    new MutationObserver(() => this.#count()).observe(list, { subtree: true, childList: true, attributeFilter: ["data-unread", "data-muted", "data-mentioned"] });
    socket.addEventListener("frame", ({ detail }) => document.hidden && this.#take(detail));
    socket.addEventListener("frame", ({ detail }) => this.#wait(detail));
    document.addEventListener("visibilitychange", () => document.hidden || this.#set(false));
    this.#count();
  }

  #take({ type, conversation, message }) {
    if (type !== "message.finished" || conversation !== page.conversation || message.role !== "assistant") return;
    this.#set(true);
    if (message.asked_by === page.person.id) this.#notify(message);
  }

  #wait({ type, message }) {
    if (message?.asked_by !== page.person.id || !mayAsk()) return;
    clearTimeout(this.#waits.get(message.id));
    if (type === "message.created") this.#waits.set(message.id, setTimeout(() => this.#ask(), LONG));
    else if (type === "message.finished") this.#waits.delete(message.id);
  }

  async #ask() {
    if (document.hidden || !mayAsk() || forever.get(ASKED)) return;
    const note = await fetchPart(() => import("../elements/mention-note.js"));
    note?.tell(phrase("notify.ask"));
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
  #notify({ model_name: model }) {
    const title = document.querySelector(".chat__title").textContent;
    notify(title, phrase("notify", { model }), page.conversation, location.href);
  }
}
