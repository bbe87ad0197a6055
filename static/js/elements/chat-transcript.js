/** The transcript: shows messages as they come, keeps in sight what is read, and tells what somebody wants of a message. */

import { copy } from "../helpers/copy.js";
import { fetchElement } from "../helpers/loading.js";
import { ScrollAnchor } from "../models/scroll-anchor.js";
import { Thread } from "../models/thread.js";

const QUIET = 150;

class ChatTranscript extends HTMLElement {
  #list = this.querySelector(".transcript__thread");
  #anchor = null;
  #stored = new Set();

  /** Its messages, as they stand. */
  thread = new Thread(this.#list);

  connectedCallback() {
    this.addEventListener("click", ({ target }) => this.#clicked(target.closest("[data-copy], [data-unsent]")));
    this.#anchor = new ScrollAnchor(this, this.#list, document.querySelector(".latest"));
    this.#offerEarlier();
  }

  /** Shows a message: in its own place, in that of the copy we showed while it was sent, or where the tree puts it. */
  put(message, html) {
    const element = this.thread.find(message.id) ?? this.#takeCopy(message) ?? this.thread.place(message);
    if (!element) return; // It belongs to a branch that is out of sight.
    element.fill(message, html);
    this.thread.settle(element);
    if (!element.isUnderWay) this.#endWaitingBelow(message.id);
    this.#changed();
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
  }

  /** The server stored it under another id, unless its event was faster than the ack and took the place. */
  sent(command, { message, replies }) {
    const copy = this.thread.find(command.id);
    if (!copy) return;
    if (this.thread.find(message)) return copy.remove();
    copy.accept(message, command.parent ?? "", replies[0]);
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

  grow(delta) {
    this.thread.find(delta.message)?.grow(delta);
  }

  wait({ message, reason, until }) {
    this.thread.find(message)?.wait({ ...reason, until });
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

  /** Tells those who do not see it. */
  announce(sentence) {
    this.querySelector(".transcript__said").textContent = sentence;
  }

  toEnd() {
    this.#anchor.toEnd();
  }

  /** Keeps an element where it was in sight; `top` is where that is. */
  keepInPlace(element, top) {
    this.#anchor.keepInPlace(element, top);
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
  #takeCopy({ role, author, text }) {
    const isCopy = (copy) => role === "user" && copy.dataset.author === author?.id && copy.source === text;
    const copy = this.thread.unsent.find(isCopy);
    if (copy) this.#stored.add(copy.dataset.id);
    return copy;
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
  }

  /** A long thread has a way to what is above it. */
  #offerEarlier() {
    if (this.querySelector("earlier-messages")) fetchElement("earlier-messages", () => import("./earlier-messages.js"));
  }

  #clicked(button) {
    if (!button) return;
    const { unsent } = button.dataset;
    if (unsent) return this.dispatchEvent(new CustomEvent(unsent, { detail: button.closest("chat-message").dataset.id }));
    const isCode = button.dataset.copy === "code";
    const code = () => button.closest(".code-block").querySelector("pre").textContent;
    // Thoughts leave empty lines before the answer.
    const words = () => button.closest("chat-message").source.replace(/^\s*\n/, "");
    copy(isCode ? code() : words(), button);
  }
}

function waitingFor({ isTried, isHeld, late, isBehind }) {
  if (isHeld) return "held";
  if (late) return late === "busy" ? "busy" : "late";
  if (isBehind) return "behind";
  return isTried ? "sent" : "unsent";
}

customElements.define("chat-transcript", ChatTranscript);
