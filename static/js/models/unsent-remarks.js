/**
 * Remarks that were made and are not yet acknowledged: kept across reloads, shared by this person's tabs.
 *
 * Two tabs may send the same one: the server does a command once however often it comes with its id.
 * Dispatches "changed", and "acknowledged" (detail: {entry, ack}).
 */

import { newId } from "../helpers/ids.js";
import { codeOf } from "../helpers/refused.js";
import { forever } from "../helpers/storage.js";
import { page } from "./page.js";
import { REMARKS } from "./unsent.js";

const LATER = ["rate_limited", "unavailable"];
const PAUSE = 3_000;

export class UnsentRemarks extends EventTarget {
  #prefix = `${REMARKS}${page.person.id}:`;
  #isBusy = false;
  #timer = 0;

  constructor() {
    super();
    addEventListener("storage", ({ key }) => key?.startsWith(this.#prefix) && this.#changed());
  }

  /** Those of a conversation, the oldest first: {command, conversation, message, written, code: why it was refused}. */
  in(conversation) {
    return this.#all.filter((entry) => entry.conversation === conversation);
  }

  put(command, about) {
    const id = newId();
    this.#save({ command: { ...command, id }, ...about, written: Date.now() });
    this.#changed();
  }

  drop(id) {
    forever.set(this.#prefix + id, "");
    this.#changed();
  }

  /** What was refused is tried once more. */
  async retry(id, socket) {
    const entry = this.#all.find(({ command }) => command.id === id);
    if (entry) this.#save({ ...entry, code: "" });
    this.#changed();
    await this.deliver(socket);
  }

  /** Sends all, one after the other; what gets no answer stays. */
  async deliver(socket) {
    if (this.#isBusy) return;
    this.#isBusy = true;
    clearTimeout(this.#timer);
    let entry;
    while (socket.isOpen && (entry = this.#all.find(({ code }) => !code)) && (await this.#send(entry, socket)));
    this.#isBusy = false;
  }

  /** Whether the next one may go. */
  async #send(entry, socket) {
    try {
      const ack = await socket.request(entry.command);
      this.dispatchEvent(new CustomEvent("acknowledged", { detail: { entry, ack } }));
      this.drop(entry.command.id);
    } catch (error) {
      const code = codeOf(error);
      if (code === "lost") return false;
      if (LATER.includes(code)) {
        this.#timer = setTimeout(() => this.deliver(socket), PAUSE);
        return false;
      }
      this.#save({ ...entry, code });
      this.#changed();
    }
    return true;
  }

  get #all() {
    const entries = forever.keys(this.#prefix).map((key) => JSON.parse(forever.get(key)));
    return entries.sort((one, other) => one.written - other.written);
  }

  #save(entry) {
    forever.set(this.#prefix + entry.command.id, JSON.stringify(entry));
  }

  #changed() {
    this.dispatchEvent(new CustomEvent("changed"));
  }
}
