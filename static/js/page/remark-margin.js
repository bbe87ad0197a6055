/** The remarks of the thread: fetched once, kept up to date, shown beside their messages, and asked with. */

import "../elements/remark-list.js";
import { Anchors } from "../helpers/anchors.js";
import { call } from "../helpers/api.js";
import { phrase } from "../helpers/phrases.js";
import { append, quoted } from "../helpers/quoted.js";
import { codeOf } from "../helpers/refused.js";
import { clone } from "../helpers/templates.js";
import { page } from "../models/page.js";
import { keepRemarkDrafts, restoreRemarkDrafts } from "../models/remark-drafts.js";
import { Remarks } from "../models/remarks.js";
import { UnsentRemarks } from "../models/unsent-remarks.js";

const MOST_WORDS = 160;

export class RemarkMargin {
  #chat;
  #remarks = new Remarks();
  #unsent = new UnsentRemarks();
  #people = [];
  #namesAsked = null;
  #isDue = false;
  #hasAll = false;
  #ask = null;

  constructor(chat) {
    this.#chat = chat;
  }

  async start() {
    const { socket, transcript } = this.#chat;
    transcript.addEventListener("remarked", ({ detail }) => this.#take(detail));
    transcript.addEventListener("changed", () => this.#later());
    transcript.addEventListener("remark", ({ detail }) => this.#put(detail));
    transcript.addEventListener("retry-remark", ({ detail }) => this.#unsent.retry(detail, socket));
    transcript.addEventListener("drop-remark", ({ detail }) => this.#unsent.drop(detail));
    transcript.addEventListener("show-words", ({ detail }) => this.#showWords(detail));
    transcript.addEventListener("click", (event) => this.#clicked(event));
    this.#unsent.addEventListener("changed", () => this.#later());
    this.#unsent.addEventListener("acknowledged", ({ detail }) => this.#acknowledged(detail));
    socket.addEventListener("open", () => this.#connected());
    keepRemarkDrafts(transcript);
    await this.#fetch();
    this.#unsent.deliver(socket);
    return this;
  }

  /** Lets somebody remark on these words of a message; without a range on the whole of it. */
  begin(message, range = null) {
    const place = range ? new Anchors(message).placeOf(range) : {};
    this.#listAt(message).write(place);
    this.#mark();
    this.#namePeople(true);
  }

  async #fetch() {
    const { conversation } = this.#chat;
    if (!conversation) return;
    const found = await call("GET", page.api.remarks(conversation.id)).catch(codeOf);
    if (!found.results) return;
    this.#hasAll = true;
    this.#take(found.results);
  }

  #connected() {
    if (!this.#hasAll) this.#fetch();
    this.#unsent.deliver(this.#chat.socket);
  }

  #take(remarks) {
    this.#remarks.take(remarks);
    this.#later();
  }

  #put({ message, ...command }) {
    this.#unsent.put(command.remark ? command : { ...command, message }, { conversation: this.#chat.conversation?.id ?? "", message });
    this.#unsent.deliver(this.#chat.socket);
  }

  /** Its event may be slower than the ack: it stays in sight. */
  #acknowledged({ entry, ack }) {
    if (!this.#remarks.has(ack.remark)) this.#take([{ ...asShown(entry), id: ack.remark, revision: 0 }]);
  }

  #later() {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#show();
    });
  }

  #show() {
    const waiting = this.#unsent.in(this.#chat.conversation?.id ?? "").map((entry) => ({ ...asShown(entry), unsent: entry }));
    const messages = new Set([...this.#remarks.messages, ...waiting.map(({ message }) => message)]);
    for (const list of this.#lists) if (!messages.has(list.message)) list.show([], []);
    for (const id of messages) this.#listOf(id)?.show(this.#remarks.on(id), waiting.filter((one) => one.message === id));
    if (this.#hasAll) restoreRemarkDrafts((id) => this.#listOf(id));
    if (this.#hasAll) this.#chat.transcript.toggleAttribute("data-remarked", this.#lists.length > 0);
    this.#mark();
    this.#offerToAsk();
    if (this.#lists.length) this.#namePeople();
  }

  get #lists() {
    return [...this.#chat.transcript.querySelectorAll("remark-list")];
  }

  #listOf(id) {
    const message = this.#chat.transcript.thread.find(id);
    return message && this.#listAt(message);
  }

  #listAt(message) {
    const shown = message.querySelector(":scope > remark-list");
    if (shown) return shown;
    message.dataset.remarks = "";
    return Object.assign(message.appendChild(clone("remark-list-template")), { people: this.#people });
  }

  /** Whom a remark can be given to; they are asked for once, and with each new remark. */
  async #namePeople(isAnew = false) {
    if (isAnew || !this.#namesAsked) this.#namesAsked = call("GET", `${page.api.people}?conversation=${this.#chat.conversation?.id}`).catch(() => []);
    this.#people = await this.#namesAsked;
    for (const list of this.#lists) list.people = this.#people;
  }

  /** The words that remarks are about; browsers without highlights show them at the remarks alone. */
  #mark() {
    if (!CSS.highlights) return;
    const ranges = this.#lists.flatMap((list) => rangesAt(list.closest("chat-message"), list.places));
    CSS.highlights.set("remarked", new Highlight(...ranges.filter(Boolean)));
  }

  #showWords({ message, place }) {
    const range = new Anchors(message).rangeOf(place);
    const words = range?.startContainer.parentElement ?? message;
    words.scrollIntoView({ block: "nearest" });
    if (range && CSS.highlights) CSS.highlights.set("remark-shown", new Highlight(range));
  }

  /** A click on words leads to what was said of them. */
  #clicked({ target, clientX, clientY }) {
    const message = target.closest?.(".message__text")?.closest("chat-message");
    const list = message?.querySelector(":scope > remark-list");
    if (!list || !getSelection().isCollapsed || target.closest("a, button, summary")) return;
    const isHit = ({ left, right, top, bottom }) => clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
    const ranges = rangesAt(message, list.places);
    const hit = ranges.findIndex((range) => range && [...range.getClientRects()].some(isHit));
    if (hit >= 0) list.open(list.places[hit].id);
  }

  get #open() {
    return this.#lists.flatMap((list) => list.openOnes);
  }

  #offerToAsk() {
    const { composer } = this.#chat;
    if (!composer) return;
    const { length } = this.#open;
    if (!this.#ask && length) {
      this.#ask = clone("remark-ask-template");
      this.#ask.querySelector("button").addEventListener("click", () => append(composer.text, this.#question));
      composer.querySelector(".composer__box").before(this.#ask);
    }
    if (!this.#ask) return;
    this.#ask.hidden = !length;
    this.#ask.querySelector("span").textContent = phrase(length === 1 ? "remark.open.1" : "remark.open", { count: length });
  }

  /** The open remarks in the order of their words, each below what it is about; with names where several speak. */
  get #question() {
    const said = this.#open.map(({ message, remark, replies }) => ({ words: remark.quote || beginningOf(message), all: [remark, ...replies] }));
    const isOne = new Set(said.flatMap(({ all }) => all.map(({ author }) => author?.id))).size === 1;
    const line = ({ author, text }) => (isOne || !author ? text : `${author.name}: ${text}`);
    return said.map(({ words, all }) => `${quoted(words)}\n\n${all.map(line).join("\n\n")}`).join("\n\n");
  }
}

/** An unsent one as a remark. */
function asShown({ command, message, written }) {
  const { id, text, quote = "", start = null, end = null, remark = null } = command;
  const created_at = new Date(written).toISOString();
  const author = { id: page.person.id, name: page.person.name };
  return { id, message, remark, author, text, quote, start, end, assignee: null, resolved: null, created_at, revision: 0 };
}

function beginningOf(message) {
  const words = message.source.trim().split("\n")[0];
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}…` : words;
}

/** Where these places are in sight in a message, null for each that is not. */
function rangesAt(message, places) {
  const anchors = places.length ? new Anchors(message) : null;
  return places.map((place) => anchors.rangeOf(place));
}
