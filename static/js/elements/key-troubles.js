/**
 * The vendors' refused keys, for people who may test them: as they are now, not as they were when the page came. Fetched
 * once something may have changed.
 */

import { fragment } from "../helpers/html.js";

const PAUSE = 500; // a failed reply is told before its key's rest is stored
const SECONDS = /data-seconds=.(\d+)/g;
/** What differs each time it is asked for. */
const DIFFERS = /<input type=.hidden[^>]*>| data-seconds=.\d+./g;

class KeyTroubles extends HTMLElement {
  #running = 0;
  #timer = 0;
  #shown = "";

  connectedCallback() {
    const transcript = document.querySelector("chat-transcript");
    transcript.addEventListener("changed", () => this.#count(transcript.thread.running.length));
    document.addEventListener("visibilitychange", () => document.hidden || this.#look());
    this.#running = transcript.thread.running.length;
    this.#look();
  }

  /** A reply that ends may have found a key refused, or one that works again. */
  #count(running) {
    if (running < this.#running) this.#lookIn(PAUSE);
    this.#running = running;
  }

  #lookAtEnd(html) {
    const seconds = [...html.matchAll(SECONDS)].map(([, number]) => Number(number));
    if (seconds.length) this.#lookIn((Math.min(...seconds) + 1) * 1_000);
  }

  #show(html) {
    const isOpen = this.querySelector("details")?.open;
    this.replaceChildren(fragment(html));
    this.querySelector("details")?.toggleAttribute("open", isOpen);
  }

  #lookIn(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), pause);
  }

  async #look() {
    const response = await fetch(this.dataset.source).catch(() => null);
    const html = response?.ok && !response.redirected ? await response.text().catch(() => null) : null;
    if (html === null) return;
    const lines = html.replaceAll(DIFFERS, "");
    if (lines !== this.#shown) this.#show(html); // Who is at the button stays there.
    this.#shown = lines;
    this.#lookAtEnd(html);
  }
}

customElements.define("key-troubles", KeyTroubles);
