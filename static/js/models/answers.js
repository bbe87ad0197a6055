/** The answers that a connection owes: each command has its promise until then. */

import { Refused } from "../helpers/refused.js";

export class Answers {
  #owed = new Map();

  get size() {
    return this.#owed.size;
  }

  /** Resolves with the ack of the command of this id, rejects with Refused; calls `overdue` after `patience` ms. */
  expect(id, patience, overdue) {
    return new Promise((resolve, reject) => {
      this.#owed.set(id, { resolve, reject, timer: setTimeout(overdue, patience) });
    });
  }

  /** Whether a frame is an answer: then its command has it. */
  take({ type, id, ...answer }) {
    if (type !== "ack" && type !== "error") return false;
    const command = this.#owed.get(id);
    this.#owed.delete(id);
    clearTimeout(command?.timer);
    if (type === "ack") command?.resolve({ type, id, ...answer });
    else command?.reject(new Refused({ code: answer.code }));
    return true;
  }

  /** The connection is gone, and nobody knows what became of what was asked. */
  lose() {
    for (const { reject, timer } of this.#owed.values()) {
      clearTimeout(timer);
      reject(new Refused());
    }
    this.#owed.clear();
  }
}
