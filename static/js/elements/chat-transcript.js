/** The thread: finds messages, puts new ones where they belong, and follows the end for as long as the reader is there. */

import { clone } from "../helpers/page.js";

const NEAR = 60;
const QUIET = 150;

class ChatTranscript extends HTMLElement {
  #latest = document.querySelector(".latest");
  #isFollowing = true;
  #lastTop = 0;
  #stored = new Set();

  connectedCallback() {
    this.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.addEventListener("click", ({ target }) => this.#clicked(target.closest("[data-copy], [data-unsent]")));
    this.#latest.addEventListener("click", () => this.toEnd());
    const sizes = new ResizeObserver(() => this.#isFollowing && this.#jump());
    sizes.observe(this.thread);
    sizes.observe(this);
    this.#lookUp();
  }

  get thread() {
    return this.querySelector(".transcript__thread");
  }

  /** What the next message answers: the id of the last stored message, of several the one that was chosen; or null. */
  get lastId() {
    const last = [...this.thread.children].findLast(isStored);
    const end = isComparison(last) ? last.querySelector("[data-current]") : last;
    return end?.dataset.reply ?? end?.dataset.id ?? null;
  }

  /** Replies under way, the oldest first. */
  get running() {
    return [...this.thread.querySelectorAll("chat-message[data-role=assistant]")].filter((message) => message.isUnderWay);
  }

  has(id) {
    return Boolean(this.find(id));
  }

  find(id) {
    return this.thread.querySelector(`chat-message[data-id="${CSS.escape(id)}"]`);
  }

  /** Shows a message: in its own place, in that of the copy we showed while it was sent, or where the tree puts it. */
  put(message, html) {
    const element = this.find(message.id) ?? this.#takeCopy(message) ?? this.#place(message);
    if (!element) return; // It belongs to a branch that is out of sight.
    element.fill(message, html);
    if (isStored(element)) this.#settle(element);
    if (!element.isUnderWay) this.#letGo(message.id);
    this.#changed();
  }

  /** Shows what the server does not know of yet, below everything else: the outbox's messages, and no others. */
  showUnsent(entries, author) {
    const ids = entries.map(({ command }) => command.id);
    for (const message of this.#unsent) if (!ids.includes(message.dataset.id)) message.remove();
    for (const { command, files, written, ...entry } of entries) {
      if (this.#stored.has(command.id)) continue;
      const { id, text } = command;
      const copy = this.find(id) ?? this.thread.appendChild(clone("message-template"));
      const created_at = new Date(written).toISOString();
      if (!copy.dataset.id) copy.fill({ id, text, files, author, role: "user", status: "sending", created_at });
      copy.wait({ code: waitingFor(entry) });
    }
  }

  /** The server stored it under another id, unless its event was faster than the ack and took the place. */
  sent(command, { message, replies }) {
    const copy = this.find(command.id);
    if (!copy) return;
    if (this.has(message)) return copy.remove();
    copy.accept(message, command.parent ?? "", replies[0]);
    this.#settle(copy);
  }

  /** Whether this message stands below another one than it answers: somebody else was faster. */
  isAstray(id) {
    const message = this.find(id);
    const above = message?.previousElementSibling;
    return Boolean(above) && above !== this.find(message.dataset.parent);
  }

  remove(id) {
    this.find(id)?.remove();
    this.#changed();
  }

  snapshot(reply) {
    this.find(reply.message)?.snapshot(reply);
    this.#changed();
  }

  grow(delta) {
    this.find(delta.message)?.grow(delta);
  }

  wait({ message, reason, until }) {
    this.find(message)?.wait({ ...reason, until });
  }

  /** Another branch takes the place of what is below this message; without one, of everything that is stored. */
  replaceBelow(id, branch) {
    const children = [...this.thread.children].filter(isStored);
    this.#withoutReading(() => {
      for (const element of children.slice(children.indexOf(this.find(id ?? "")) + 1)) element.remove();
      this.thread.insertBefore(branch, this.#unsent[0] ?? null);
    });
    this.#changed();
  }

  /** A log reads out whatever is added to it; this was said before. */
  #withoutReading(change) {
    this.thread.ariaLive = "off";
    setTimeout(() => (this.thread.ariaLive = "polite"), QUIET);
    change();
  }

  /** A piece of what is above takes the place of the way to it; what is in sight stays where it is. */
  putAbove(way, piece) {
    const first = way.nextElementSibling;
    const { top } = first.getBoundingClientRect();
    this.#withoutReading(() => way.replaceWith(piece));
    this.hold(first, top);
    this.#changed();
  }

  /** Tells those who do not see it. */
  announce(sentence) {
    this.querySelector(".transcript__said").textContent = sentence;
  }

  toEnd() {
    this.#isFollowing = true;
    this.#jump();
  }

  /** Brings a reply that is compared with others into sight from the side. */
  turnTo(reply) {
    const comparison = reply.closest(".comparison");
    if (!comparison) return;
    const [{ left, width }, around] = [reply, comparison].map((element) => element.getBoundingClientRect());
    comparison.scrollBy({ left: left - around.left - (around.width - width) / 2, behavior: "instant" });
  }

  /** Keeps an element where it was in sight; `top` is where that is. */
  hold(element, top, frames = 2) {
    if (!element.isConnected) return;
    this.#isFollowing = false;
    this.scrollTop += element.getBoundingClientRect().top - top;
    this.#lastTop = this.scrollTop;
    if (frames) requestAnimationFrame(() => this.hold(element, top, frames - 1)); // Buttons near by are made meanwhile.
  }

  /** The copy that a stored message was shown as until now; its ack may still be to come, or be lost. */
  #takeCopy({ role, author, text }) {
    const isCopy = (copy) => role === "user" && copy.dataset.author === author?.id && copy.source === text;
    const copy = this.#unsent.find(isCopy);
    if (copy) this.#stored.add(copy.dataset.id);
    return copy;
  }

  get #unsent() {
    return [...this.thread.querySelectorAll("chat-message[data-status=sending]")];
  }

  /** A place for a new message: at the end of the branch in sight, or in a column of its own; else null. */
  #place(message) {
    const parent = message.parent ?? "";
    const beside = this.#below(parent).filter(isStored);
    if (beside.length) return this.#placeBeside(beside, message);
    if (!this.#endsWith(parent)) return null;
    return this.thread.insertBefore(clone("message-template"), this.#unsent[0] ?? null);
  }

  /** Models that were asked at once answer side by side; any other version is counted, and shown when it is asked for. */
  #placeBeside(beside, { id, role, created_at: createdAt, model_name: name }) {
    const [first] = beside;
    if (first.versions.includes(id)) return null;
    const column = beside.find((reply) => reply.name === name);
    const isCompared = isComparison(first.parentElement) || (first.isFirst && first.time === Date.parse(createdAt));
    if (role === "assistant" && isCompared && !column) return this.#addColumn(first);
    (isComparison(first.parentElement) ? column : first).addVersions([id]);
    return null;
  }

  #addColumn(first) {
    if (!isComparison(first.parentElement)) {
      const comparison = clone("comparison-template");
      first.before(comparison);
      first.dataset.current = "first";
      comparison.append(first);
    }
    return first.parentElement.appendChild(clone("message-template"));
  }

  /** Whether the branch in sight goes on below this message; a comparison's from any reply until one has been chosen. */
  #endsWith(id) {
    const last = [...this.thread.children].findLast(isStored);
    if (!isComparison(last)) return (last?.dataset.id ?? "") === id;
    const isOpen = last.querySelector("[data-current=first]");
    return Boolean(last.querySelector(`${isOpen ? "" : "[data-current]"}[data-id="${CSS.escape(id)}"]`));
  }

  /** A question that follows a comparison leaves of it the reply that it follows. */
  #settle({ previousElementSibling: above, dataset: { parent } }) {
    if (!isComparison(above)) return;
    const replies = [...above.children];
    const chosen = replies.find((reply) => reply.dataset.id === parent);
    if (!chosen) return;
    chosen.addVersions(replies.flatMap((reply) => reply.versions));
    delete chosen.dataset.current;
    above.replaceWith(chosen);
  }

  /** What waited for this reply begins now. */
  #letGo(id) {
    for (const question of this.#below(id)) for (const reply of this.#below(question.dataset.id)) reply.waitNoMore();
  }

  #below(id) {
    return [...this.thread.querySelectorAll(`chat-message[data-parent="${CSS.escape(id)}"]`)];
  }

  #changed() {
    this.#lookUp();
    this.dispatchEvent(new CustomEvent("changed"));
  }

  /** A long thread has a way to what is above it. */
  #lookUp() {
    if (this.querySelector("earlier-messages")) import("./earlier-messages.js").catch(() => {}); // Or with the next change.
  }

  /** Only a reader who scrolls up stops following: growth and our own jumps also move the end away for a moment. */
  #scrolled() {
    const distance = this.scrollHeight - this.clientHeight - this.scrollTop;
    if (distance < NEAR) this.#isFollowing = true;
    else if (this.scrollTop < this.#lastTop) this.#isFollowing = false;
    this.#lastTop = this.scrollTop;
    this.#latest.hidden = this.#isFollowing;
  }

  #jump() {
    if (!this.thread.childElementCount) return; // What stands here before the first message is read from its beginning.
    this.scrollTop = this.scrollHeight;
    this.#lastTop = this.scrollTop;
    this.#latest.hidden = true;
  }

  async #clicked(button) {
    if (!button) return;
    const { unsent } = button.dataset;
    if (unsent) return this.dispatchEvent(new CustomEvent(unsent, { detail: button.closest("chat-message").dataset.id }));
    const { copy } = await import("../helpers/copy.js");
    const isCode = button.dataset.copy === "code";
    const code = () => button.closest(".code-block").querySelector("pre").textContent;
    await copy(isCode ? code() : button.closest("chat-message").source, button);
  }
}

const isComparison = (element) => Boolean(element?.matches(".comparison"));
const isStored = ({ dataset }) => dataset.status !== "sending";

function waitingFor({ isTried, isHeld, late, isBehind }) {
  if (isHeld) return "held";
  if (late) return late === "busy" ? "busy" : "late";
  if (isBehind) return "behind";
  return isTried ? "sent" : "unsent";
}

customElements.define("chat-transcript", ChatTranscript);
