/** What is written for a conversation and not sent; and what came back there, because it was not taken. */

import { forever } from "../helpers/storage.js";
import { page } from "./page.js";

export class Draft {
  #key;
  #returnedKey;

  /** The draft for the conversation with this id; for an empty one, for a new conversation. */
  constructor(conversation) {
    this.#key = `draft:${page.person.id}:${conversation}`;
    this.#returnedKey = `returned:${page.person.id}:${conversation}`;
  }

  get text() {
    return forever.get(this.#key);
  }

  set text(text) {
    forever.set(this.#key, text);
  }

  /** Whether this key of the storage is the draft's text. */
  isAt(key) {
    return key === this.#key;
  }

  /** Puts a message that was not sent before what has been written since; `code` says why, if it was refused. */
  restore({ text, files, code }) {
    this.text = [text, this.text].filter(Boolean).join("\n\n");
    forever.set(this.#returnedKey, JSON.stringify({ files, code }));
  }

  /** Takes out what came back besides text while nobody looked, {files, code}; null where nothing did. */
  takeReturned() {
    const returned = forever.get(this.#returnedKey);
    forever.set(this.#returnedKey, "");
    return returned ? JSON.parse(returned) : null;
  }
}
