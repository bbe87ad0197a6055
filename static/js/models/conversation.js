/**
 * What this page knows of the open conversation, and whether that is everything.
 *
 * A revision counts the conversation's changes, a seq the deltas of one reply. Whatever is not the next one means that
 * something was missed: then the conversation is opened again and the server says what is new.
 */

import { showMark } from "../helpers/vouching.js";

export class Conversation {
  #socket;
  #transcript;
  #place;
  #opening = null;
  #seqs = new Map();
  #told = "";

  /** Whether something calls for its reader's eyes: then the words in sight are read once the window has the focus. */
  isCalling = false;

  constructor(id, revision, socket, transcript, place) {
    this.id = id;
    this.revision = revision;
    this.#socket = socket;
    this.#transcript = transcript;
    this.#place = place;
  }

  /** Asks for everything after what we have. Rejects with the server's refusal, or "lost" when the socket went. */
  async open() {
    if (this.#opening) return this.#opening;
    this.#opening = this.#ask();
    try {
      await this.#opening;
    } finally {
      this.#opening = null;
    }
    this.read();
  }

  /** The page shows a branch as it was at this revision: asks for everything since. Rejects as `open` does. */
  async catchUp(revision) {
    await this.#opening?.catch(() => {});
    this.revision = Math.min(this.revision, revision);
    await this.open();
  }

  /** Takes one of this conversation's events. Until an open is acknowledged they are news we are about to get anyway. */
  take(event) {
    if (this.#opening) return;
    if (event.type === "message.created") this.#created(event);
    if (event.type === "message.delta") this.#delta(event);
    if (event.type === "message.finished") this.#finished(event);
    if (event.type === "message.waiting") this.#transcript.wait(event);
    if (event.type === "conversation.updated") this.#updated(event);
    this.read();
  }

  /** Tells the server that the reader has all of this in sight, or knows where the rest is. */
  read() {
    if (document.hidden || this.isCalling || this.#opening || !this.#place.isSettled) return;
    const { id: conversation, revision } = this;
    const fields = { conversation, revision, ...(this.#place.hasUnseen && { unseen: true }) };
    if (this.#told === JSON.stringify(fields)) return;
    this.#told = JSON.stringify(fields);
    this.#socket.request({ type: "conversation.read", ...fields }).catch(() => {}); // The next one says more.
  }

  async #ask() {
    const open = { type: "conversation.open", conversation: this.id, html: true, brief: true, since: this.revision };
    const ack = await this.#socket.request(open);
    if (ack.reload) return location.reload();
    for (const message of ack.messages) this.#transcript.put(message, message.html);
    for (const mark of ack.marks ?? []) this.#mark(mark);
    if (ack.remarks) this.#remarked(ack.remarks);
    if (ack.summaries) this.#folded();
    for (const reply of ack.streaming) this.#snapshot(reply);
    this.revision = ack.revision;
    this.#place.opened(ack.place);
  }

  #snapshot(reply) {
    this.#seqs.set(reply.message, reply.seq);
    this.#transcript.snapshot(reply);
  }

  #created({ revision, message, html }) {
    if (this.#missed(revision)) return;
    if (!this.#seqs.has(message.id)) this.#seqs.set(message.id, 0);
    if (!this.#transcript.thread.find(message.id)) this.#transcript.put(message, html);
    if (!this.#transcript.thread.find(message.id)) this.#place.take(message.id);
  }

  #updated({ revision, place, mark, remark, summary }) {
    if (this.#missed(revision)) return;
    if (place) this.#place.take(place.message);
    if (mark) this.#mark(mark);
    if (remark) this.#remarked([remark]);
    if (summary) this.#folded();
  }

  #folded() {
    this.#transcript.dispatchEvent(new Event("folded"));
  }

  #remarked(detail) {
    this.#transcript.dispatchEvent(new CustomEvent("remarked", { detail }));
  }

  /** A message that is not in sight comes with its mark. */
  #mark({ message, verified }) {
    const shown = this.#transcript.thread.find(message);
    if (shown) showMark(shown, verified);
  }

  #delta({ of, ...delta }) {
    const event = of ? { ...delta, message: this.#named(of) } : delta;
    if (!event.message) return; // It belongs to a conversation that was left, or to a branch that nobody has seen here.
    const known = this.#seqs.get(event.message) ?? 0;
    const first = event.first ?? event.seq; // One that only renders what is here has none of its own: first is seq + 1.
    if (event.seq <= known && first !== known + 1) return;
    const isKnown = this.#seqs.has(event.message) || this.#transcript.thread.find(event.message); // It may be on another branch.
    if (first !== known + 1 || !isKnown) return this.#reopen();
    this.#seqs.set(event.message, event.seq);
    if (!this.#transcript.grow(event)) this.#reopen();
  }

  /** The id of the reply under way that ends so. */
  #named(end) {
    const isMeant = (id) => id.endsWith(end);
    return [...this.#seqs.keys()].find(isMeant) ?? this.#transcript.thread.ids.find(isMeant);
  }

  #finished({ revision, message, html, patch }) {
    if (this.#missed(revision)) return;
    this.#seqs.delete(message.id);
    if (this.#transcript.put(message, html, patch)) return;
    this.revision = Math.min(this.revision, revision - 1); // The whole of it is told to who lacks that revision.
    this.#reopen();
  }

  /** Several events may belong to one revision, so an old one may still say something new. */
  #missed(revision) {
    if (revision > this.revision + 1) {
      this.#reopen();
      return true;
    }
    this.revision = Math.max(this.revision, revision);
    return false;
  }

  #reopen() {
    this.open().catch(() => {}); // A lost socket opens the conversation again by itself.
  }
}
