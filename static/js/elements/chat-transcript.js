/** The transcript: shows messages as they come, keeps in sight what is read, and tells what somebody wants of a message. */

import { copyWords } from "../helpers/copied-words.js";
import { fetchThreadAtOnce } from "../helpers/fetch-thread.js";
import { fragment } from "../helpers/html.js";
import { fetchElement } from "../helpers/loading.js";
import { waitingFor } from "../helpers/message-words.js";
import { page } from "../models/page.js";
import { ScrollAnchor } from "../models/scroll-anchor.js";
import { Thread } from "../models/thread.js";

const QUIET = 150;
/** Pixels above what is brought into sight. */
const MARGIN = 16;

class ChatTranscript extends HTMLElement {
  #list = this.querySelector(".transcript__thread");
  #anchor = null;
  #stored = new Set();

  /** Its messages, as they stand. */
  thread = new Thread(this.#list);

  connectedCallback() {
    document.addEventListener("copy", (event) => copyWords(event, this.#list));
    addEventListener("beforeprint", () => this.#putAllAbove());
    this.#anchor = new ScrollAnchor(this, this.#list, document.querySelector(".latest"));
    const note = () => this.toggleAttribute("data-beginning", this.thread.isEmpty);
    if ("beginning" in this.dataset) new MutationObserver(note).observe(this.#list, { childList: true });
    this.#offerEarlier();
  }

  /**
   * Shows a message: in its own place, in that of the copy we showed while it was sent, or where the tree puts it.
   * Returns false if `patch` builds on something that is not here.
   */
  put(message, html, patch) {
    const element = this.thread.find(message.id) ?? this.#takeCopy(message) ?? this.thread.place(message);
    if (!element) return true; // It belongs to a branch that is out of sight.
    if (!element.fill(message, html, patch)) return false;
    this.thread.settle(element);
    if (!element.isUnderWay) this.#endWaitingBelow(message.id);
    this.#changed();
    return true;
  }

  /** Shows what the server does not know of yet, below everything else: the outbox's messages, and no others. */
  showUnsent(entries, author) {
    const ids = entries.map(({ command }) => command.id);
    for (const message of this.thread.unsent) if (!ids.includes(message.dataset.id)) message.remove();
    for (const { command, files, written, ...entry } of entries) {
      if (this.#stored.has(command.id)) continue;
      const { id, text } = command;
      const copy = this.thread.find(id) ?? this.thread.append();
      const created_at = new Date(written).toISOString();
      if (!copy.dataset.id) copy.fill({ id, text, files, author, role: "user", status: "sending", created_at });
      copy.wait({ code: waitingFor(entry) });
    }
    this.#anchor?.follow();
  }

  /** The server stored it under another id, unless its event was faster than the ack and took the place. */
  sent(command, { message, parent, replies }) {
    const copy = this.thread.find(command.id);
    if (!copy) return;
    if (this.thread.find(message)) return copy.remove();
    copy.toggleAttribute("data-for-people", !replies.length);
    copy.accept(message, parent ?? command.parent ?? "", replies[0]);
    this.thread.settle(copy);
  }

  remove(id) {
    this.thread.find(id)?.remove();
    this.#changed();
  }

  snapshot(reply) {
    this.thread.find(reply.message)?.snapshot(reply);
    this.#changed();
  }

  /** The next piece of a reply; false if it builds on something that is not here. */
  grow(delta) {
    return this.thread.find(delta.message)?.grow(delta) ?? true;
  }

  wait({ message, reason, seconds }) {
    this.thread.find(message)?.wait({ ...reason, seconds });
  }

  /** Another branch takes the place of what is below this message; without one, of everything that is stored. */
  replaceBelow(id, branch) {
    this.#withoutReading(() => this.thread.replaceBelow(id, branch));
    this.#changed();
  }

  /** A piece of what is above takes the place of the way to it; what is in sight stays where it is. */
  putAbove(way, piece) {
    const first = way.nextElementSibling;
    const { top } = first.getBoundingClientRect();
    this.#withoutReading(() => way.replaceWith(piece));
    this.keepInPlace(first, top);
    this.#changed();
  }

  /** A page is printed as it is when this returns. */
  #putAllAbove() {
    for (let way = this.querySelector("earlier-messages"); way; way = this.querySelector("earlier-messages")) {
      const answer = fetchThreadAtOnce(page.conversation, { before: way.dataset.before });
      if (!answer) return;
      this.putAbove(way, fragment(answer.html));
    }
  }

  /** Tells those who do not see it. */
  announce(sentence) {
    this.querySelector(".transcript__said").textContent = sentence;
  }

  /** Whether the end is in sight. */
  get isAtEnd() {
    return this.#anchor.isAtEnd;
  }

  /** Whether a reader who is not at the end has something in sight, or marked, of what is below this message. */
  isReadBelow(id) {
    const selection = getSelection();
    if (!selection.isCollapsed && this.contains(selection.anchorNode)) return true;
    const version = this.thread.versionAt(id);
    if (this.isAtEnd) return false;
    return !version || version.getBoundingClientRect().top < this.getBoundingClientRect().bottom;
  }

  /** Shows a message where another one was in sight, or else at the top. */
  reveal(message, top) {
    const box = this.getBoundingClientRect();
    const isInSight = top >= box.top && top < box.bottom;
    this.keepInPlace(message, isInSight ? top : box.top + MARGIN);
  }

  toEnd() {
    this.#anchor.toEnd();
  }

  /** Keeps an element where it was in sight; `top` is where that is. */
  keepInPlace(element, top) {
    this.#anchor.keepInPlace(element, top);
  }

  /** Changes what is in sight so that this element stays where it is. */
  hold(element, change) {
    this.#anchor.hold(element, change);
  }

  /** Brings a reply that is compared with others into sight from the side. */
  turnTo(reply) {
    const comparison = reply.closest(".comparison");
    if (!comparison) return;
    const [{ left, width }, around] = [reply, comparison].map((element) => element.getBoundingClientRect());
    comparison.scrollBy({ left: left - around.left - (around.width - width) / 2, behavior: "instant" });
  }

  /** A log reads out whatever is added to it; this was said before. */
  #withoutReading(change) {
    this.#list.ariaLive = "off";
    setTimeout(() => (this.#list.ariaLive = "polite"), QUIET);
    change();
  }

  /** The copy that a stored message was shown as until now; its ack may still be to come, or be lost. */
  #takeCopy({ role, author, text, parent }) {
    const isCopy = (copy) => role === "user" && copy.dataset.author === author?.id && copy.source === text;
    const copy = this.thread.unsent.find(isCopy);
    if (copy) this.#stored.add(copy.dataset.id);
    if (!copy || !parent || this.thread.find(parent)) return copy;
    copy.remove(); // Another tab wrote it, below another branch.
    return null;
  }

  /** Replies to the questions below this one are no longer told to wait for it. */
  #endWaitingBelow(id) {
    for (const question of this.thread.below(id)) {
      for (const reply of this.thread.below(question.dataset.id)) reply.endWaiting();
    }
  }

  #changed() {
    this.#offerEarlier();
    this.dispatchEvent(new CustomEvent("changed"));
    this.#anchor.follow();
  }

  /** A long thread has a way to what is above it. */
  #offerEarlier() {
    if (this.querySelector("earlier-messages")) fetchElement("earlier-messages", () => import("./earlier-messages.js"));
  }
}

customElements.define("chat-transcript", ChatTranscript);
