/** The thread: finds and adds messages, and follows the end for as long as the reader is there. */

import { clone } from "../helpers/page.js";

const NEAR = 60;

class ChatTranscript extends HTMLElement {
  #latest = document.querySelector(".latest");
  #isFollowing = true;
  #lastTop = 0;

  connectedCallback() {
    this.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.addEventListener("click", ({ target }) => this.#clicked(target.closest("[data-copy], [data-unsent]")));
    this.#latest.addEventListener("click", () => this.toEnd());
    const sizes = new ResizeObserver(() => this.#isFollowing && this.#jump());
    sizes.observe(this.thread);
    sizes.observe(this);
  }

  get thread() {
    return this.querySelector(".transcript__thread");
  }

  /** The newest stored message's id, or null: what the next message answers. */
  get lastId() {
    const last = [...this.thread.querySelectorAll("chat-message:not([data-status=sending])")].at(-1);
    return last?.dataset.reply ?? last?.dataset.id ?? null;
  }

  /** Replies under way, the oldest first. */
  get running() {
    return [...this.thread.querySelectorAll("chat-message[data-role=assistant]")].filter((message) => message.isUnderWay);
  }

  has(id) {
    return Boolean(this.#find(id));
  }

  /** Shows a message: in its own place where it has one, in that of the copy we showed while it was sent, or last. */
  put(message, html) {
    const place = this.#find(message.id) ?? this.#sentCopy(message);
    const element = place ?? clone("message-template");
    element.fill(message, html);
    if (!place) this.thread.insertBefore(element, this.#unsent[0] ?? null);
    this.#changed();
  }

  /** Shows what the server does not know of yet, below everything else: the outbox's messages, and no others. */
  showUnsent(entries, author) {
    const ids = entries.map(({ command }) => command.id);
    for (const message of this.#unsent) if (!ids.includes(message.dataset.id)) message.remove();
    for (const { command, files, written, ...entry } of entries) {
      const { id, text } = command;
      const copy = this.#find(id) ?? this.thread.appendChild(clone("message-template"));
      const created_at = new Date(written).toISOString();
      if (!copy.dataset.id) copy.fill({ id, text, files, author, role: "user", status: "sending", created_at });
      copy.wait({ code: waitingFor(entry) });
    }
  }

  /** The server stored it under another id, unless its event was faster than the ack and took the place. */
  sent(commandId, { message, replies }) {
    const copy = this.#find(commandId);
    if (!copy) return;
    if (this.has(message)) copy.remove();
    else copy.accept(message, replies.at(-1));
  }

  remove(id) {
    this.#find(id)?.remove();
    this.#changed();
  }

  snapshot(reply) {
    this.#find(reply.message)?.snapshot(reply);
    this.#changed();
  }

  grow(delta) {
    this.#find(delta.message).grow(delta);
  }

  wait({ message, reason, until }) {
    this.#find(message)?.wait({ ...reason, until });
  }

  toEnd() {
    this.#isFollowing = true;
    this.#jump();
  }

  #find(id) {
    return this.thread.querySelector(`chat-message[data-id="${CSS.escape(id)}"]`);
  }

  #sentCopy({ role, author, text }) {
    return this.#unsent.find((copy) => role === "user" && copy.dataset.author === author?.id && copy.source === text);
  }

  get #unsent() {
    return [...this.thread.querySelectorAll("chat-message[data-status=sending]")];
  }

  #changed() {
    this.dispatchEvent(new CustomEvent("changed"));
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

function waitingFor({ isTried, isHeld, isLate }) {
  if (isHeld) return "held";
  if (isLate) return "late";
  return isTried ? "sent" : "unsent";
}

customElements.define("chat-transcript", ChatTranscript);
