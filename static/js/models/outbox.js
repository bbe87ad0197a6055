/**
 * Messages that were sent and are not yet acknowledged: kept across reloads, shared by this person's tabs, sent in order.
 *
 * Two tabs may send the same one: the server does a command once however often it comes with its id. For that its body
 * must not depend on who sends it, so a message behind an unsent one names it (`after`), and gets its conversation and
 * parent from that one's ack.
 *
 * Dispatches "acknowledged" (detail: {entry, ack}), "refused" ({entry, code}) and "changed".
 */

import { codeOf } from "../helpers/refused.js";
import { leavePlace, tabName } from "./drafts.js";
import { OutboxEntries } from "./outbox-entries.js";
import { page } from "./page.js";

const LATER = ["busy", "rate_limited", "unavailable"];
const PAUSE = 3_000;

export class Outbox extends EventTarget {
  #entries = new OutboxEntries(page.person.id);
  #current = null;
  #timer = 0;

  constructor() {
    super();
    this.#entries.onChange(() => this.#changed());
  }

  /**
   * The unsent messages of a place, the oldest first: {command, place, tab, files, after, isTried, isHeld, late, isBehind}.
   * Without a connection that is what they wait for, whatever held them back before.
   */
  at(place, isConnected = true) {
    const late = isConnected && this.#entries.all.find((entry) => entry.late);
    const here = this.#entries.all.filter((entry) => entry.place === place);
    return here.map((entry) => ({ ...entry, late: isConnected && entry.late, isBehind: entry.written > late?.written }));
  }

  put(command, place, files) {
    const before = this.at(place).findLast(({ isHeld }) => !isHeld);
    this.#entries.save({ command, place, tab: tabName(), files, written: this.#entries.now, after: before?.command.id });
    this.#changed();
  }

  /** Sends what is here, one after the other; what gets no answer stays and is sent again on the next call. */
  async deliver(socket) {
    if (this.#current) return;
    clearTimeout(this.#timer);
    let goesOn = true;
    while (goesOn && socket.isOpen && (this.#current = this.#entries.all.find(({ isHeld }) => !isHeld))) {
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
      this.#entries.save({ ...entry, command, after: before, isHeld: false, written: this.#entries.now });
      before = command.id;
    }
    this.#changed();
  }

  /** Takes a message out that nobody has tried to send; others may have been stored. Returns it, or null. */
  takeBack(id) {
    const entry = this.#entries.find(id);
    if (!entry || entry.isTried) return null;
    this.#passOver(entry);
    return entry;
  }

  /** What was written at this place belongs to a conversation now. */
  adopt(place, conversation) {
    for (const entry of this.at(place)) {
      if (entry.isTried) continue; // Its body must stay as it was.
      this.#entries.save({ ...entry, place: conversation, command: { ...entry.command, conversation } });
    }
    this.#entries.noteBegun(place, conversation);
    leavePlace(place);
  }

  /** The conversation that another tab began with what was written at this place; undefined when none has. */
  begunAt(place) {
    return this.#entries.begun[place];
  }

  /** Whether the next one may go. */
  async #send(entry, socket) {
    this.#entries.save({ ...entry, isTried: true });
    this.#changed();
    try {
      this.#acknowledged(entry, await socket.request(entry.command));
    } catch (error) {
      const code = codeOf(error);
      if (code === "lost") return false;
      if (LATER.includes(code)) return this.#sendLater(entry, code, socket);
      this.#refused(entry, code);
    }
    return true;
  }

  #acknowledged(entry, ack) {
    const parent = ack.replies[0] ?? ack.message;
    if (!entry.command.conversation) this.adopt(entry.place, ack.conversation);
    for (const next of this.#entries.following(entry)) {
      this.#entries.save({ ...next, after: undefined, command: { ...next.command, parent } });
    }
    this.#entries.remove(entry);
    this.#tell("acknowledged", { entry, ack });
    this.#changed();
  }

  #sendLater(entry, late, socket) {
    this.#entries.save({ ...entry, isTried: false, late }); // A refused command is not remembered.
    this.#timer = setTimeout(() => this.deliver(socket), PAUSE);
    this.#changed();
    return false;
  }

  /** What was written after it may make no sense without it: that waits for a word of the person. */
  #refused(entry, code) {
    if (!this.#entries.find(entry.command.id)) return;
    const later = this.at(entry.place).filter(({ written }) => written > entry.written);
    for (const next of later) this.#entries.save({ ...next, isHeld: true });
    this.#passOver(entry);
    this.#tell("refused", { entry, code });
    this.#changed();
  }

  /** The message behind this one takes its place in the conversation. */
  #passOver(entry) {
    const { parent } = entry.command;
    for (const next of this.#entries.following(entry)) {
      this.#entries.save({ ...next, after: entry.after, command: { ...next.command, parent } });
    }
    this.#entries.remove(entry);
    this.#changed();
  }

  #changed() {
    this.#tell("changed");
  }

  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}
