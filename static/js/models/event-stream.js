/**
 * The second way, where no websocket gets through: an event stream down, requests up. To its holder it is a WebSocket.
 *
 * Where a proxy holds back what has not ended, it `polls`: each request is a stream of its own, and ends with its answers.
 * A stream takes one of the six connections that browsers open to a host without HTTP/2, so hidden tabs keep none.
 */

import { readEvents } from "../helpers/server-events.js";
import { page } from "./page.js";

const [CONNECTING, OPEN, CLOSED] = [0, 1, 3];
/** For the first event of a stream: what takes longer is held back on the way. */
const BEGINNING = 3_000;
const LOST = 1006;
/** Close codes of a websocket for what HTTP says. A CSRF token that is no longer good belongs to another session. */
const CODES = { 401: 4401, 403: 4401, 413: 1009 };

export class EventStream {
  readyState = CONNECTING;
  onopen = null;
  onmessage = null;
  onclose = null;
  #polls;
  #name = "";
  #waiting = [];
  #isSending = false;
  #leaving = new AbortController();
  #timer = 0;

  constructor({ polls = false } = {}) {
    this.#polls = polls;
    if (!polls) this.#timer = setTimeout(() => this.#end(LOST, true), BEGINNING);
    this.#read();
  }

  send(command) {
    this.#waiting.push(command);
    this.#deliver();
  }

  close() {
    this.readyState = CLOSED;
    clearTimeout(this.#timer);
    this.#leaving.abort();
  }

  /** What waited while a request was under way goes together: commands keep their order. */
  async #deliver() {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#waiting.length && this.readyState === OPEN) {
      const commands = this.#waiting.splice(0).join("\n");
      if (this.#polls) await this.#read(commands);
      else await this.#post(`${page.api.events}/${this.#name}`, commands);
    }
    this.#isSending = false;
  }

  /** Reads a stream to its end; one that polls is over only when it fails. */
  async #read(commands = "") {
    const query = new URLSearchParams({ person: page.person.id, ...(this.#polls && { until: "answered" }) });
    const response = await this.#post(`${page.api.events}?${query}`, commands);
    try {
      if (response) await readEvents(response, (event) => this.#take(event));
    } catch {
      this.#end(LOST);
    }
    if (!this.#polls) this.#end(LOST);
  }

  #take({ name, data }) {
    if (name === "message") this.onmessage?.({ data });
    else if (name === "open") this.#open(JSON.parse(data).stream);
    else if (!this.#polls || JSON.parse(data).code !== 1000) this.#end(JSON.parse(data).code);
  }

  #open(name) {
    this.#name = name;
    clearTimeout(this.#timer);
    if (this.readyState !== CONNECTING) return;
    this.readyState = OPEN;
    this.onopen?.();
  }

  /** Resolves with the response, or null once the stream is over for want of one. */
  async #post(address, body) {
    const headers = { "X-CSRFToken": page.csrfToken, "Content-Type": "application/x-ndjson" };
    const { signal } = this.#leaving;
    const response = await fetch(address, { method: "POST", headers, body, signal, cache: "no-store" }).catch(() => null);
    if (response?.ok) return response;
    this.#end(CODES[response?.status] ?? LOST);
    return null;
  }

  #end(code, isHeldBack = false) {
    if (this.readyState === CLOSED) return;
    this.close();
    this.onclose?.({ code, isHeldBack });
  }
}
