/** Who else is here: tells the others that somebody types, and shows what they tell. */

import { page } from "../models/page.js";

const TELL_TYPING = 3_000;

export class Presence {
  #chat;
  #element = document.querySelector("chat-presence");
  #toldTyping = -TELL_TYPING;

  constructor(chat) {
    this.#chat = chat;
  }

  listen() {
    this.#chat.composer?.addEventListener("input", ({ target }) => target.name === "text" && this.#tellTyping());
  }

  /** Most people are alone most of the time: what shows the others is fetched with the first of them. */
  async take({ type, ...event }) {
    const people = type === "typing" ? [event.person] : [...event.here, ...event.gone];
    if (people.every(({ id }) => id === page.person.id)) return;
    await import("../elements/chat-presence.js");
    this.#element[type](event);
  }

  /** What this person wrote is here. */
  wrote(id) {
    this.#element.wrote?.(id);
  }

  #tellTyping() {
    const { conversation, header, socket } = this.#chat;
    if (!conversation || !header.isOfTeam || performance.now() - this.#toldTyping < TELL_TYPING) return;
    this.#toldTyping = performance.now();
    socket.request({ type: "typing", conversation: conversation.id }).catch(() => {}); // Nobody waits for it.
  }
}
