/** Which conversation the page shows: its address, and the way to a new one. */

import { leavePlace, placeOf } from "../models/drafts.js";
import { page } from "../models/page.js";

const SHARED = ["title", "text", "url"];

export class Navigation {
  #chat;
  #path = location.pathname;

  /** Where what is written here belongs to, see models/drafts.js. */
  place = "";

  constructor(chat) {
    this.#chat = chat;
    this.place = placeOf(page.conversation);
  }

  listen() {
    const { composer, socket } = this.#chat;
    composer?.addEventListener("begun", ({ detail }) => this.#begin(detail));
    for (const link of document.querySelectorAll(`.sidebar a[href="${page.urls.home}"]`)) {
      link.addEventListener("click", () => socket.isOpen && leavePlace());
    }
    addEventListener("popstate", () => this.#moved());
    forgetShared();
  }

  /** What was written here before the conversation had an id has begun one now, sent by this tab or by another. */
  follow() {
    const { conversation, outbox } = this.#chat;
    const begun = !conversation && outbox.begunAt(this.place);
    if (begun) this.#begin(begun);
  }

  /** A new conversation has its address from now on. */
  #begin(id) {
    const { composer, header, list, outbox, projects } = this.#chat;
    outbox.adopt(this.place, id);
    this.place = id;
    history.pushState(null, "", page.urls.conversation(id));
    this.#path = location.pathname;
    page.conversation = id;
    document.querySelector(".transcript__start")?.remove();
    composer.begin();
    nameAddress();
    header.show(list.choose(id));
    projects.choose?.(id);
    this.#chat.begin(id);
  }

  /** Back to another conversation; the way to a source below is none. */
  #moved() {
    if (location.pathname !== this.#path) location.reload();
  }
}

/** What was shared with the chat is a draft now: loaded again, the page would put it into the box once more. */
function forgetShared() {
  const { searchParams } = new URL(location);
  const others = [...searchParams].filter(([name]) => !SHARED.includes(name));
  if (others.length === searchParams.size) return;
  const rest = others.length ? `?${new URLSearchParams(others)}` : "";
  history.replaceState(null, "", location.pathname + rest + location.hash);
  nameAddress();
}

/** Forms that lead back to the page do so to where it is now. */
function nameAddress() {
  for (const field of document.getElementsByName("next")) field.value = location.pathname + location.search;
}
