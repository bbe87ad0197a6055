/** Which conversation the page shows: its address, and the way to a new one. */

import { page } from "../models/page.js";

export class Navigation {
  #chat;
  #path = location.pathname;

  /** Where what is written here belongs to, as the outbox names it. */
  place = "";

  constructor(chat) {
    this.#chat = chat;
    this.place = chat.outbox.place(page.conversation);
  }

  listen() {
    const { composer, outbox, socket } = this.#chat;
    composer?.addEventListener("begun", ({ detail }) => this.#begin(detail));
    for (const link of document.querySelectorAll(`.sidebar a[href="${page.urls.home}"]`)) {
      link.addEventListener("click", () => socket.isOpen && outbox.beginAnew());
    }
    addEventListener("popstate", () => this.#moved());
  }

  /** What was written here before the conversation had an id has begun one now, sent by this tab or by another. */
  follow() {
    const { conversation, outbox } = this.#chat;
    const begun = !conversation && outbox.begunAt(this.place);
    if (begun) this.#begin(begun);
  }

  /** A new conversation has its address from now on. */
  #begin(id) {
    const { composer, header, list, outbox } = this.#chat;
    outbox.adopt(this.place, id);
    this.place = id;
    history.pushState(null, "", page.urls.conversation(id));
    this.#path = location.pathname;
    page.conversation = id;
    document.querySelector(".transcript__start")?.remove();
    composer.begin();
    for (const field of document.getElementsByName("next")) field.value = location.pathname;
    header.show(list.choose(id));
    this.#chat.begin(id);
  }

  /** Back to another conversation; the way to a source below is none. */
  #moved() {
    if (location.pathname !== this.#path) location.reload();
  }
}
