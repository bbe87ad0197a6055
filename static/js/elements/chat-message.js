/** One message: its body while it grows and when it has ended, and the reader's own words around it. */

import { fragment } from "../helpers/html.js";
import { clone, duration, lends, phrase } from "../helpers/page.js";

const UNDER_WAY = ["waiting", "streaming"];
/** How a reply ends when somebody has to look after keys and endpoints. */
const TO_BE_MENDED = ["key_refused", "quota", "model_not_found", "no_model", "bad_reply"];
const HUES = 6;
const language = document.documentElement.lang;
const ofToday = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const ofEarlier = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
/** Where text that came without markup is appended: what would hold the next word if it were rendered. */
const HOLDS_TEXT = "div, ul, ol, li, p, blockquote, h1, h2, h3, h4, h5, h6, pre, pre > code";

/** Where among a reply's blocks a part of another kind stands. */
const PART = "<!--part-->";

const division = (className) => Object.assign(document.createElement("div"), { className });

/** The block of this text that may still change. */
function liveIn(text) {
  return text.querySelector(":scope > .message__live") ?? text.appendChild(division("message__live"));
}

/** The time that is left until `end`, once a second as long as it is shown; not read out. */
function countdown(end) {
  const left = Object.assign(document.createElement("span"), { ariaHidden: "true" });
  const tick = () => {
    left.textContent = ` · ${duration(Math.max(1, (end - Date.now()) / 1000))}`;
  };
  tick();
  const timer = setInterval(() => (left.isConnected && Date.now() < end ? tick() : clearInterval(timer)), 1000);
  return left;
}

class ChatMessage extends HTMLElement {
  /** Of the texts between the parts, the one whose blocks the server is rendering. */
  #rendered = 0;

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

  get name() {
    return this.querySelector(".message__name").textContent;
  }

  /** When it was written, in milliseconds since 1970. */
  get time() {
    return Date.parse(this.querySelector(".message__time").dateTime);
  }

  /** The ids of all messages at this place that are known, this one included, the oldest first. */
  get versions() {
    const known = this.querySelector("branch-switch").dataset.versions.split(" ");
    const own = this.dataset.status === "sending" ? [] : [this.dataset.id];
    return [...new Set([...known, ...own])].filter(Boolean).sort(); // Their order in time is that of their ids.
  }

  get isFirst() {
    return this.versions[0] === this.dataset.id;
  }

  addVersions(ids) {
    this.querySelector("branch-switch").dataset.versions = [...new Set([...this.versions, ...ids])].sort().join(" ");
  }

  /** Shows a message as the server describes it; `html` is the inside of its body. */
  fill(message, html) {
    this.classList.replace("message--", `message--${message.role}`);
    const isStoredNow = this.dataset.status === "sending" && message.status !== "sending";
    Object.assign(this.dataset, {
      id: message.id,
      role: message.role,
      status: message.status,
      author: message.author?.id ?? "",
      finish: message.finish_reason ?? "",
      error: message.error?.code ?? "",
      parent: message.parent ?? "",
    });
    if (isStoredNow && this.versions.length > 1) this.addVersions([]);
    this.querySelector(".message__name").textContent = message.author?.name ?? message.model_name ?? "";
    this.querySelector(".message__time").dateTime = message.created_at;
    if (message.role === "assistant") this.querySelector(".message__source").content.textContent = message.text;
    if (html) this.querySelector(".message__body").replaceChildren(fragment(html));
    else this.#showUnrendered(message);
    this.#refresh();
  }

  /** Everything a reply under way has said so far. */
  snapshot({ text, thought, html, parts, waiting }) {
    this.#body.replaceChildren(division("message__text"));
    this.#rendered = 0;
    this.grow({ thought });
    for (const part of parts ?? []) this.grow({ part });
    this.grow({ text, html });
    if (waiting) this.wait(waiting);
  }

  /** The next piece of a reply: rendered blocks where the server sent some, else plain text behind the last of them. */
  grow({ text, thought, html, part }) {
    if (part) this.#add(part);
    if (thought) this.#thoughts.append(thought);
    if (html) this.#render(html);
    else if (text) this.#tail.append(text);
    if ((text || thought || part) && this.dataset.status === "waiting") this.#begin();
  }

  wait({ code, until }) {
    this.dataset.waiting = code;
    this.#note.textContent = phrase(`waiting.${code}`);
    if (until) this.#note.append(countdown(new Date(until)));
  }

  /** What it waited for is over. */
  waitNoMore() {
    if (this.dataset.status === "waiting") this.#note.textContent = "";
  }

  /** The server stored what was shown as unsent; `reply` is the first thing it will say to it. */
  accept(id, parent, reply = "") {
    Object.assign(this.dataset, { id, parent, reply, status: "complete" });
    this.#refresh();
  }

  #begin() {
    this.dataset.status = "streaming";
    this.#describe();
  }

  /** A part stands behind the text so far; what comes next has a place behind the part. */
  #add(part) {
    this.#place((parts) => parts.build(part), this.#body);
    this.#body.append(division("message__text"));
  }

  #render({ done, live }) {
    const [open, ...behind] = done.join("").split(PART);
    this.#close(open);
    for (const blocks of behind) {
      liveIn(this.#texts[this.#rendered]).remove();
      this.#rendered += 1;
      this.#close(blocks);
    }
    liveIn(this.#texts[this.#rendered]).replaceChildren(fragment(live));
  }

  #close(html) {
    const blocks = fragment(html);
    this.#decorate(blocks);
    liveIn(this.#texts[this.#rendered]).before(blocks);
  }

  #showUnrendered({ text, files }) {
    this.#text.textContent = text;
    for (const file of files ?? []) this.#place((parts) => parts.show(file), this.querySelector(".message__files"));
  }

  /** What is rarely needed comes later than its place, which keeps the order and is gone when the message is rendered. */
  async #place(build, where) {
    const place = where.appendChild(document.createElement("div"));
    const element = build(await import("../helpers/parts.js"));
    if (element) place.replaceWith(element);
    else place.remove();
    this.#nameParts();
    this.#decorate(this);
  }

  get #body() {
    return this.querySelector(".message__body");
  }

  get #text() {
    return this.querySelector(".message__text");
  }

  get #note() {
    return this.querySelector(".message__note");
  }

  /** The texts of a reply: before, between and behind its parts of other kinds. */
  get #texts() {
    return this.#body.querySelectorAll(":scope > .message__text");
  }

  get #tail() {
    let place = liveIn([...this.#texts].at(-1));
    while (place.lastElementChild?.matches(HOLDS_TEXT)) place = place.lastElementChild;
    const last = place.lastElementChild;
    if (last?.className === "message__tail") return last;
    return place.appendChild(Object.assign(document.createElement("span"), { className: "message__tail" }));
  }

  /** Thoughts stand before the text that they led to. */
  get #thoughts() {
    const text = [...this.#texts].at(-1);
    if (!text.previousElementSibling?.matches(".thought")) {
      text.before(clone("thought-template"));
      this.#nameParts();
    }
    return text.previousElementSibling.querySelector(".thought__text");
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
    this.#nameParts();
    this.#note.textContent = this.#outcome();
    if (TO_BE_MENDED.includes(this.dataset.error) && lends("mend-template")) this.#note.append(" ", clone("mend-template"));
  }

  /** The reader's own words for what the markup leaves open. */
  #nameParts() {
    for (const place of this.querySelectorAll("[data-word]:empty")) place.textContent = phrase(place.dataset.word);
    for (const summary of this.querySelectorAll("[data-seconds]")) {
      summary.textContent = phrase("thought.timed", { duration: duration(Number(summary.dataset.seconds)) });
    }
    for (const place of this.querySelectorAll("[data-bytes]:empty")) this.#nameSize(place);
  }

  async #nameSize(place) {
    const { size } = await import("../helpers/files.js");
    place.textContent = size(Number(place.dataset.bytes));
  }

  /** What there is to say about how it went; nothing when all is well. */
  #outcome() {
    const { status, finish, error } = this.dataset;
    if (status === "sending") return phrase(`waiting.${this.dataset.waiting}`);
    if (status === "complete") return phrase(`finish.${finish}`) || (this.#isEmpty ? phrase("finish.nothing") : "");
    if (status === "interrupted" || status === "failed") return phrase(`reply.${error}`) || phrase(`status.${status}`);
    return phrase(`status.${status}`);
  }

  /** Whether this is a reply without a word and without a part. */
  get #isEmpty() {
    const says = ":scope > :not(.message__text), .message__text > *";
    return this.dataset.role === "assistant" && !this.#body.querySelector(says) && !this.#body.textContent.trim();
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
    if (!this.isUnderWay && !foot.querySelector(".copy")) {
      foot.querySelector("message-actions").before(clone("copy-message-template"));
    }
    this.#offerChoices(foot);
  }

  /** What can be done about a message that the server does not know of yet. */
  #offerChoices(foot) {
    const choices = foot.querySelector(".unsent");
    if (this.dataset.status !== "sending") choices?.remove();
    else if (!choices) foot.querySelector(".message__note").after(clone("unsent-template"));
  }
}

customElements.define("chat-message", ChatMessage);
