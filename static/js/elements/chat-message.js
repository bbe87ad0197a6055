/** One message: its body while it grows and when it has ended, and the reader's own words around it. */

import { addTools } from "../helpers/block-tools.js";
import { explainFailure, remarksOn } from "../helpers/failed-reply.js";
import { fragment } from "../helpers/html.js";
import { countdown, nameParts, outcome, showAvatar, showTime } from "../helpers/message-words.js";
import { show } from "../helpers/parts.js";
import { keepData, markBlank } from "../helpers/message-data.js";
import { phrase } from "../helpers/phrases.js";
import { clone } from "../helpers/templates.js";
import { page } from "../models/page.js";
import { markShape } from "../models/picture-choice.js";
import { ReplyBody } from "../models/reply-body.js";

class ChatMessage extends HTMLElement {
  #reply = null;

  connectedCallback() {
    this.#refresh();
  }

  get isUnderWay() {
    return ["waiting", "streaming"].includes(this.dataset.status);
  }

  /** What was written, before it became markup. */
  get source() {
    return this.querySelector(".message__source").content.textContent || this.#text.textContent;
  }

  /** What is copied of it: its words, and of a reply what is missing in them and how it failed. */
  get copied() {
    const remarks = this.dataset.role === "assistant" ? remarksOn(this) : [];
    return [this.source, ...remarks.map((remark) => `[${remark}]`)].filter(Boolean).join("\n\n");
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

  /**
   * Shows a message as the server describes it; `html` is the inside of its body, `patch` makes that of what is here.
   * Returns false if there is neither, because this page lacks what the patch builds on.
   */
  fill(message, html, patch) {
    this.classList.replace("message--", `message--${message.role}`);
    const isStoredNow = this.dataset.status === "sending" && message.status !== "sending";
    keepData(this, message);
    if (isStoredNow && this.versions.length > 1) this.addVersions([]);
    this.querySelector(".message__name").textContent = message.author?.name ?? message.model_name ?? "";
    this.querySelector(".message__time").dateTime = message.created_at;
    if (message.role === "assistant") this.querySelector(".message__source").content.textContent = message.text ?? this.#reply?.text;
    const isEnded = Boolean(patch) && this.#growing.end(patch);
    if (patch && !isEnded && !html) return false;
    if (!isEnded) this.#show(message, html);
    this.#reply = null;
    this.#refresh();
    return true;
  }

  /** Everything a reply under way has said so far. */
  snapshot({ text, thought, html, parts, waiting, thinking }) {
    this.#growing.begin(thinking);
    this.grow({ thought });
    for (const part of parts ?? []) this.grow({ part });
    this.grow({ text, html });
    if (waiting) this.wait(waiting);
  }

  /** The next piece of a reply; false if it builds on something that is not here. */
  grow(delta) {
    const fits = this.#growing.grow(delta);
    if ((delta.text || delta.thought || delta.part) && this.dataset.status === "waiting") {
      this.dataset.status = "streaming";
      this.#describe();
    }
    return fits;
  }

  wait({ code, seconds }) {
    this.dataset.waiting = code;
    this.#note.textContent = phrase(`waiting.${code}`);
    if (seconds !== undefined) this.#note.append(countdown(seconds));
  }

  /** What it waited for is over. */
  endWaiting() {
    if (this.dataset.status === "waiting") this.#note.textContent = "";
  }

  /** The server stored what was shown as unsent; `reply` is the first thing it will say to it. */
  accept(id, parent, reply) {
    Object.assign(this.dataset, { id, parent, status: "complete", ...(reply && { reply }) });
    this.#refresh();
  }

  #show(message, html) {
    if (html && this.#reply) this.#reply.replace(html);
    else if (html) this.#body.replaceChildren(fragment(html));
    else this.#showUnrendered(message);
  }

  #showUnrendered({ text, files }) {
    this.#text.textContent = text;
    if (!files?.length) return;
    const place = this.querySelector(".message__files");
    place.append(...files.map(show));
    this.#finish(place);
  }

  /** The reader's words and buttons for markup that has its final form. */
  #finish(markup) {
    nameParts(markup);
    this.#decorate(markup);
  }

  get #growing() {
    this.#reply ??= new ReplyBody(this.#body, (markup) => this.#finish(markup));
    return this.#reply;
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

  #refresh() {
    if (!this.isConnected) return;
    this.#describe();
    this.#decorate(this.isUnderWay ? null : this); // What of its body is finished has its buttons already.
    if (this.querySelector(".footnote")) import("../helpers/footnotes.js").then((notes) => notes.linkFootnotes(this), () => {});
  }

  #describe() {
    markBlank(this, this.#body);
    const isColleague = this.toggleAttribute("data-colleague", this.dataset.author !== page.person.id);
    this.toggleAttribute("data-mine", this.dataset.role === "user" && !isColleague);
    this.ariaBusy = String(this.isUnderWay);
    showTime(this.querySelector(".message__time"));
    showAvatar(this.querySelector(".message__avatar"), this.name.trim());
    nameParts(this);
    if (this.isUnderWay) markShape(this);
    this.#note.textContent = outcome(this.dataset, this.#lack);
    explainFailure(this, this.#note);
  }

  /** The phrase for a reply without a word and without a part, or with thoughts alone; else empty. */
  get #lack() {
    if (this.dataset.role !== "assistant" || this.#body.querySelector(":scope > :not(.message__text, .thought), .message__text > *")) return "";
    if ([...this.#body.querySelectorAll(".message__text")].some((text) => text.textContent.trim())) return "";
    return this.#body.querySelector(".thought") ? "thoughts" : "nothing";
  }

  /** Tools of whatever has its final form; what a reader has seen grow is not folded. */
  #decorate(part) {
    if (part) addTools(part, { folds: !this.#reply });
    const foot = this.querySelector(".message__foot");
    if (!this.isUnderWay && !foot.querySelector(".copy")) {
      foot.querySelector("message-actions").before(clone("copy-message-template"));
    }
    this.#offerChoices();
  }

  /** What can be done about a message that the server does not know of yet. */
  #offerChoices() {
    const foot = this.querySelector(".message__foot");
    const choices = foot.querySelector(".unsent");
    if (this.dataset.status !== "sending") choices?.remove();
    else if (!choices) foot.querySelector(".message__note").after(clone("unsent-template"));
  }
}

customElements.define("chat-message", ChatMessage);
