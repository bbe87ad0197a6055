/** The unsent messages in the browser's storage: each is a key of its own, so that tabs do not overwrite each other's. */

import { forever } from "../helpers/storage.js";
import { MESSAGES } from "./unsent.js";

const MOST_BEGUN = 20;

export class OutboxEntries {
  #prefix;
  #begunKey;

  constructor(person) {
    this.#prefix = `${MESSAGES}${person}:`;
    this.#begunKey = `begun:${person}`;
  }

  /** Calls back when another tab changes one. */
  onChange(callback) {
    addEventListener("storage", ({ key }) => key?.startsWith(this.#prefix) && callback());
  }

  /** All of them, the oldest first. */
  get all() {
    const entries = forever.keys(this.#prefix).map((key) => read(key)).filter(Boolean);
    return entries.sort((one, other) => one.written - other.written);
  }

  /** The entry of the command with this id, or null. */
  find(id) {
    return read(this.#prefix + id);
  }

  /** Those that name this one as the one before them. */
  following({ command }) {
    return this.all.filter(({ after }) => after === command.id);
  }

  save(entry) {
    forever.set(this.#prefix + entry.command.id, JSON.stringify(entry));
  }

  remove({ command }) {
    forever.set(this.#prefix + command.id, "");
  }

  /** Milliseconds, later than any other message's: the clock may have been set back. */
  get now() {
    return Math.max(Date.now(), 1 + (this.all.at(-1)?.written ?? 0));
  }

  /** Conversations that have begun with what was written at a place: {place: conversation}. */
  get begun() {
    return read(this.#begunKey) ?? {};
  }

  noteBegun(place, conversation) {
    const begun = Object.entries({ ...this.begun, [place]: conversation }).slice(-MOST_BEGUN);
    forever.set(this.#begunKey, JSON.stringify(Object.fromEntries(begun)));
  }
}

/** What is kept there; null where there is nothing, or something that is not ours. */
function read(key) {
  try {
    return JSON.parse(forever.get(key) || null);
  } catch {
    return null;
  }
}
