/**
 * Mentions of the reader: a mark in the list at once, and, unless a focused window shows them, a line in the page and a
 * notification of the browser.
 *
 * Which window has the focus is known to itself alone: it reads the message, and the server tells the other pages, on
 * whatever device. So they wait a moment before they call.
 */

import { TOLD } from "../helpers/attention-keys.js";
import { fetchPart } from "../helpers/loading.js";
import { notify } from "../helpers/notifying.js";
import { phrase } from "../helpers/phrases.js";
import { forever } from "../helpers/storage.js";
import { page } from "../models/page.js";

const MOMENT = 1_000;
const MOST_KEPT = 50;

export class Mentions {
  #chat;

  constructor(chat) {
    this.#chat = chat;
  }

  listen() {
    this.#chat.socket.addEventListener("frame", ({ detail }) => detail.type === "mention.created" && this.#take(detail));
    addEventListener("focus", () => this.#look());
    document.addEventListener("visibilitychange", () => document.hasFocus() && this.#look());
  }

  async #take({ conversation, message, person }) {
    const isHere = conversation === page.conversation;
    if (isHere && hasFocus()) return claim(message);
    if (isHere && this.#chat.conversation) this.#chat.conversation.isCalling = true;
    const { list } = this.#chat;
    const row = list.find(conversation) ?? (await list.hear({ id: conversation }));
    if (!row) return; // It is not for this reader any more.
    row.setAttribute("data-mentioned", "");
    setTimeout(() => row.hasAttribute("data-mentioned") && this.#tell(row, { conversation, message, name: person?.name ?? "" }), MOMENT);
  }

  /** Each page says it, one of them for the browser, the newest in the earlier one's place. Who muted it has the mark alone. */
  async #tell(row, { conversation, message, name }) {
    if (row.hasAttribute("data-muted")) return;
    const title = row.querySelector(".row__title").textContent;
    const address = `${row.querySelector(".row__link").href}#message-${message}`;
    if (claim(message)) notify(title, phrase("mention.notify", { name }), conversation, address);
    if (document.hidden) return;
    const note = await fetchPart(() => import("../elements/mention-note.js"));
    note?.tell(phrase("mention.told", { name, title }), address);
  }

  /** The words that call are in sight. */
  #look() {
    const { conversation, list } = this.#chat;
    if (!conversation?.isCalling || !hasFocus()) return;
    conversation.isCalling = false;
    list.find(conversation.id)?.removeAttribute("data-mentioned");
    conversation.read();
  }
}

const hasFocus = () => !document.hidden && document.hasFocus();

/** Whether nobody in this browser has told of this message, or seen it; the answer is yes once. */
function claim(message) {
  const told = forever.get(TOLD).split(" ");
  if (told.includes(message)) return false;
  forever.set(TOLD, [message, ...told].slice(0, MOST_KEPT).join(" "));
  return true;
}
