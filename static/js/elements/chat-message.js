/** One message: its body while it grows and when it has ended, and the reader's own words around it. */

import { fragment } from "../helpers/html.js";
import { clone, phrase } from "../helpers/page.js";

const UNDER_WAY = ["waiting", "streaming"];
const HUES = 6;
const language = document.documentElement.lang;
const ofToday = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const ofEarlier = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
/** Where text that came without markup is appended: what would hold the next word if it were rendered. */
const HOLDS_TEXT = "div, ul, ol, li, p, blockquote, h1, h2, h3, h4, h5, h6, pre, pre > code";

class ChatMessage extends HTMLElement {
  connectedCallback() {
    this.#describe();
    this.#decorate(this);
  }

  get isUnderWay() {
    return UNDER_WAY.includes(this.dataset.status);
  }

  /** What was written, before it became markup. */
  get source() {
    return this.querySelector(".message__source").content.textContent || this.#text.textContent;
  }

  /** Shows a message as the server describes it; `html` is the inside of its body. */
  fill(message, html) {
    this.classList.replace("message--", `message--${message.role}`);
    Object.assign(this.dataset, {
      id: message.id,
      role: message.role,
      status: message.status,
      author: message.author?.id ?? "",
      finish: message.finish_reason ?? "",
      error: message.error?.code ?? "",
    });
    this.querySelector(".message__name").textContent = message.author?.name ?? message.model_name ?? "";
    this.querySelector(".message__time").dateTime = message.created_at;
    if (message.role === "assistant") this.querySelector(".message__source").content.textContent = message.text;
    if (html) this.querySelector(".message__body").replaceChildren(fragment(html));
    else this.#text.textContent = message.text;
    this.#refresh();
  }

  /** Everything a reply under way has said so far. */
  snapshot({ text, thought, html, waiting }) {
    this.querySelector(".thought")?.remove();
    this.#text.replaceChildren();
    this.grow({ text, thought, html });
    if (waiting) this.wait(waiting);
  }

  /** The next piece of a reply: rendered blocks where the server sent some, else plain text behind the last of them. */
  grow({ text, thought, html }) {
    if (thought) this.#thoughts.append(thought);
    if (html) this.#render(html);
    else if (text) this.#tail.append(text);
    if ((text || thought) && this.dataset.status === "waiting") this.#begin();
  }

  wait(reason) {
    this.#note.textContent = phrase(`waiting.${reason.code}`);
  }

  #begin() {
    this.dataset.status = "streaming";
    this.#describe();
  }

  #render({ done, live }) {
    const blocks = fragment(done.join(""));
    this.#decorate(blocks);
    this.#live.before(blocks);
    this.#live.replaceChildren(fragment(live));
  }

  get #text() {
    return this.querySelector(".message__text");
  }

  get #note() {
    return this.querySelector(".message__note");
  }

  /** The block that may still change. */
  get #live() {
    const found = this.#text.querySelector(":scope > .message__live");
    return found ?? this.#text.appendChild(Object.assign(document.createElement("div"), { className: "message__live" }));
  }

  get #tail() {
    let place = this.#live;
    while (place.lastElementChild?.matches(HOLDS_TEXT)) place = place.lastElementChild;
    const last = place.lastElementChild;
    if (last?.className === "message__tail") return last;
    return place.appendChild(Object.assign(document.createElement("span"), { className: "message__tail" }));
  }

  get #thoughts() {
    if (!this.querySelector(".thought")) {
      this.#text.before(clone("thought-template"));
      this.#nameThoughts();
    }
    return this.querySelector(".thought__text");
  }

  #refresh() {
    if (!this.isConnected) return;
    this.#describe();
    this.#decorate(this);
  }

  #describe() {
    const page = document.getElementById("chat").dataset;
    this.toggleAttribute("data-mine", this.dataset.role === "user" && this.dataset.author === page.person);
    this.ariaBusy = String(this.isUnderWay);
    this.#showTime();
    this.#showAvatar();
    this.#nameThoughts();
    this.#note.textContent = this.#outcome();
  }

  #nameThoughts() {
    for (const summary of this.querySelectorAll(".thought__summary:empty")) summary.textContent = phrase("thought");
  }

  /** What there is to say about how it went; nothing when all is well. */
  #outcome() {
    const { status, finish, error } = this.dataset;
    if (status === "sending") return phrase("unsent");
    if (status === "complete") return phrase(`finish.${finish}`);
    if (status === "interrupted" || status === "failed") return phrase(`reply.${error}`) || phrase(`status.${status}`);
    return phrase(`status.${status}`);
  }

  #showTime() {
    const time = this.querySelector(".message__time");
    const written = new Date(time.dateTime);
    if (Number.isNaN(written.getTime())) return;
    const isToday = written.toDateString() === new Date().toDateString();
    time.textContent = (isToday ? ofToday : ofEarlier).format(written);
  }

  #showAvatar() {
    const name = this.querySelector(".message__name").textContent.trim();
    const avatar = this.querySelector(".message__avatar");
    avatar.textContent = [...name][0] ?? "";
    avatar.dataset.hue = [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % HUES;
  }

  /** Copy buttons, for whatever has its final form. */
  #decorate(part) {
    for (const bar of part.querySelectorAll(".code-block__bar")) {
      if (!bar.querySelector(".copy") && !bar.closest(".message__live")) bar.append(clone("copy-code-template"));
    }
    const foot = this.querySelector(".message__foot");
    if (!this.isUnderWay && !foot.querySelector(".copy")) foot.append(clone("copy-message-template"));
  }
}

customElements.define("chat-message", ChatMessage);
