/**
 * Messages that were sent and are not yet acknowledged: kept across reloads, shared by this person's tabs, sent in order.
 *
 * Each is a key of its own, so that tabs do not overwrite each other's. Two tabs may send the same one: the server does
 * a command once however often it comes with its id. For that its body must not depend on who sends it, so a message
 * behind an unsent one names it (`after`), and gets its conversation and parent from that one's ack.
 *
 * Dispatches "acknowledged" (detail: {entry, ack}), "refused" ({entry, code}) and "changed".
 */

import { newId } from "../helpers/page.js";
import { forever, thisTab } from "../helpers/keep.js";

const LATER = ["busy", "rate_limited", "unavailable"];
const PAUSE = 3_000;
const MOST_BEGUN = 20;
const NEW = "new:";

/** Where a person's draft for a conversation is kept; without one, that for a new conversation. */
export function draftKey(person, conversation) {
  return `draft:${person}:${conversation}`;
}

/** Where it is kept what else came back with that draft: {files, code}. */
export function returnedKey(person, conversation) {
  return `returned:${person}:${conversation}`;
}

/** A message that was not sent becomes the draft of a conversation that is not in sight. */
export function keepReturned(person, place, { text, files, code }) {
  const conversation = place.startsWith(NEW) ? "" : place;
  const draft = draftKey(person, conversation);
  forever.set(draft, [text, forever.get(draft)].filter(Boolean).join("\n\n"));
  forever.set(returnedKey(person, conversation), JSON.stringify({ files, code }));
}

export class Outbox extends EventTarget {
  #person;
  #current = null;
  #timer = 0;

  constructor(person) {
    super();
    this.#person = person;
    addEventListener("storage", ({ key }) => key?.startsWith(this.#prefix) && this.#changed());
  }

  /** Where what this tab writes belongs to: a conversation or, before the server knows of one, a name of our own. */
  place(conversation) {
    if (conversation) return conversation;
    if (!thisTab.get("place")) thisTab.set("place", NEW + newId());
    return thisTab.get("place");
  }

  /**
   * The unsent messages of a place, the oldest first: {command, place, files, after, isTried, isHeld, late, isBehind}.
   * Without a connection that is what they wait for, whatever held them back before.
   */
  at(place, isConnected = true) {
    const late = isConnected && this.#entries.find((entry) => entry.late);
    const here = this.#entries.filter((entry) => entry.place === place);
    return here.map((entry) => ({ ...entry, late: isConnected && entry.late, isBehind: entry.written > late?.written }));
  }

  /** What is written from now on without a conversation begins another one than what was written so far. */
  beginAnew() {
    thisTab.set("place", "");
  }

  put(command, place, files) {
    const before = this.at(place).findLast(({ isHeld }) => !isHeld);
    this.#save({ command, place, files, written: this.#now, after: before?.command.id });
    this.#changed();
  }

  /** Sends what is here, one after the other; what gets no answer stays and is sent again on the next call. */
  async deliver(socket) {
    if (this.#current) return;
    clearTimeout(this.#timer);
    let goesOn = true;
    while (goesOn && socket.isOpen && (this.#current = this.#entries.find(({ isHeld }) => !isHeld))) {
      goesOn = await this.#send(this.#current, socket).finally(() => (this.#current = null));
    }
  }

  /** The message under way was not taken, as something else than an answer tells. */
  refuse(code) {
    if (this.#current) this.#refused(this.#current, code);
  }

  /** What was held back because the message before it was refused may go now, behind all that was sent since. */
  release(place, parent) {
    let before = this.at(place).findLast(({ isHeld }) => !isHeld)?.command.id;
    for (const entry of this.at(place).filter(({ isHeld }) => isHeld)) {
      const command = before ? entry.command : { ...entry.command, parent };
      this.#save({ ...entry, command, after: before, isHeld: false, written: this.#now });
      before = command.id;
    }
    this.#changed();
  }

  /** Takes a message out that nobody has tried to send; others may have been stored. Returns it, or null. */
  takeBack(id) {
    const entry = this.#read(this.#prefix + id);
    if (!entry || entry.isTried) return null;
    this.#passOver(entry);
    return entry;
  }

  /** What was written at this place belongs to a conversation now. */
  adopt(place, conversation) {
    for (const entry of this.at(place)) {
      if (entry.isTried) continue; // Its body must stay as it was.
      this.#save({ ...entry, place: conversation, command: { ...entry.command, conversation } });
    }
    const begun = Object.entries({ ...this.#begun, [place]: conversation }).slice(-MOST_BEGUN);
    forever.set(this.#begunKey, JSON.stringify(Object.fromEntries(begun)));
    if (thisTab.get("place") === place) thisTab.set("place", "");
  }

  /** The conversation that another tab began with what was written at this place; undefined when none has. */
  begunAt(place) {
    return this.#begun[place];
  }

  /** Whether the next one may go. */
  async #send(entry, socket) {
    this.#save({ ...entry, isTried: true });
    this.#changed();
    try {
      this.#acknowledged(entry, await socket.request(entry.command));
    } catch (refusal) {
      if (!refusal.code) throw refusal;
      if (refusal.code === "lost") return false;
      if (LATER.includes(refusal.code)) return this.#sendLater(entry, refusal.code, socket);
      this.#refused(entry, refusal.code);
    }
    return true;
  }

  #acknowledged(entry, ack) {
    const parent = ack.replies[0] ?? ack.message;
    if (!entry.command.conversation) this.adopt(entry.place, ack.conversation);
    for (const next of this.#following(entry)) {
      this.#save({ ...next, after: undefined, command: { ...next.command, parent } });
    }
    this.#remove(entry);
    this.#tell("acknowledged", { entry, ack });
    this.#changed();
  }

  #sendLater(entry, late, socket) {
    this.#save({ ...entry, isTried: false, late }); // A refused command is not remembered.
    this.#timer = setTimeout(() => this.deliver(socket), PAUSE);
    this.#changed();
    return false;
  }

  /** What was written after it may make no sense without it: that waits for a word of the person. */
  #refused(entry, code) {
    if (!this.#read(this.#prefix + entry.command.id)) return;
    const later = this.at(entry.place).filter(({ written }) => written > entry.written);
    for (const next of later) this.#save({ ...next, isHeld: true });
    this.#passOver(entry);
    this.#tell("refused", { entry, code });
    this.#changed();
  }

  /** The message behind this one takes its place in the conversation. */
  #passOver(entry) {
    const { parent } = entry.command;
    for (const next of this.#following(entry)) {
      this.#save({ ...next, after: entry.after, command: { ...next.command, parent } });
    }
    this.#remove(entry);
    this.#changed();
  }

  /** Milliseconds, later than any other message's: the clock may have been set back. */
  get #now() {
    return Math.max(Date.now(), 1 + (this.#entries.at(-1)?.written ?? 0));
  }

  #following({ command }) {
    return this.#entries.filter(({ after }) => after === command.id);
  }

  get #entries() {
    const entries = forever.keys(this.#prefix).map((key) => this.#read(key)).filter(Boolean);
    return entries.sort((one, other) => one.written - other.written);
  }

  get #prefix() {
    return `outbox:${this.#person}:`;
  }

  /** What is kept there; null where there is nothing, or something that is not ours. */
  #read(key) {
    try {
      return JSON.parse(forever.get(key) || null);
    } catch {
      return null;
    }
  }

  #save(entry) {
    forever.set(this.#prefix + entry.command.id, JSON.stringify(entry));
  }

  #remove({ command }) {
    forever.set(this.#prefix + command.id, "");
  }

  get #begun() {
    return this.#read(this.#begunKey) ?? {};
  }

  get #begunKey() {
    return `begun:${this.#person}`;
  }

  #changed() {
    this.#tell("changed");
  }

  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}
