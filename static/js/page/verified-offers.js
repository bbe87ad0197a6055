/** While somebody writes a question that is close to an answered one, the verified answer stands above the box. */

import { call } from "../helpers/api.js";
import { clone } from "../helpers/templates.js";
import { isDue, lookAgain, vouched } from "../helpers/vouching.js";
import { page } from "../models/page.js";

const REST = 500;
const MOST_ASKED = 500; // characters
const LEAST_ASKED = 4;

export class VerifiedOffers {
  #chat;
  #text;
  #place;
  #timer = 0;
  #asked = 0;
  #hidden = new Set();

  constructor(chat) {
    this.#chat = chat;
    this.#text = chat.composer.text;
    this.#place = chat.composer.querySelector(".offers");
  }

  listen() {
    this.#text.addEventListener("input", () => this.#later());
    this.#chat.composer.addEventListener("send", () => this.#sent());
    this.#chat.socket.addEventListener("frame", ({ detail }) => this.#hear(detail));
    this.#chat.socket.addEventListener("open", () => this.#place.childElementCount && this.#later());
    this.#place.addEventListener("click", ({ target }) => this.#clicked(target));
    this.#later();
  }

  get #question() {
    return this.#text.value.trim().slice(0, MOST_ASKED);
  }

  /** Asked once its writer rests; what is on its way is about another text. */
  #later() {
    clearTimeout(this.#timer);
    this.#asked += 1;
    if (this.#question.length < LEAST_ASKED) this.#show([]);
    else this.#timer = setTimeout(() => this.#ask(), REST);
  }

  async #ask() {
    const number = this.#asked;
    const address = `${page.api.verified}?q=${encodeURIComponent(this.#question)}`;
    const told = await call("GET", address).catch(() => null); // An offer that is not there is no fault.
    if (number === this.#asked) this.#show(told?.results ?? []);
  }

  #sent() {
    this.#hidden.clear();
    this.#later();
  }

  /** What its reader loses, and what is no longer verified, goes at once; what is verified now may be close. */
  #hear({ type, conversation, mark }) {
    const isGone = type === "conversation.gone";
    if (isGone) this.#place.querySelectorAll(`[data-conversation="${CSS.escape(conversation)}"]`).forEach((offer) => offer.remove());
    if (mark) this.#place.querySelector(`[data-id="${CSS.escape(mark.message)}"]`)?.remove();
    if (isGone || mark) this.#later();
  }

  #clicked(target) {
    const offer = target.closest("[name=hide]")?.closest(".offer");
    if (!offer) return;
    this.#hidden.add(offer.dataset.id);
    offer.remove();
    this.#text.focus();
  }

  /** What stands in the thread already needs no offer. */
  #show(results) {
    const { thread } = this.#chat.transcript;
    const shown = results.filter(({ message }) => !this.#hidden.has(message) && !thread.find(message));
    const known = [...this.#place.children].map(({ dataset }) => dataset.id);
    if (JSON.stringify(known) !== JSON.stringify(shown.map(({ message }) => message))) this.#place.replaceChildren(...shown.map(offerOf));
  }
}

function offerOf({ conversation, message, question, text, team, verified }) {
  const offer = clone("offer-template");
  Object.assign(offer.dataset, { id: message, conversation });
  offer.querySelector("a").href = `${page.urls.conversation(conversation)}?at=${message}#message-${message}`;
  offer.querySelector(".offer__question").textContent = question;
  offer.querySelector(".offer__text").textContent = text;
  const by = vouched({ name: verified.by?.name, at: verified.at });
  const due = isDue(verified.until) && lookAgain(verified.until);
  offer.querySelector(".offer__by").textContent = [by, due, team?.name, verified.note].filter(Boolean).join(" · ");
  return offer;
}
