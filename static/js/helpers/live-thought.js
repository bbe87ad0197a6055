/** The summary of thoughts that are under way: how long they take, and the beginning of their newest line. */

import { duration } from "./formats.js";
import { phrase } from "./phrases.js";

const SECOND = 1_000;
const MARKS = /^[\s#>*\-]+|[*_\x60]+/g;

export class LiveThought {
  #summary;
  #words;
  #begun;
  #time = place("thought__time");
  #line = place("thought__line");
  #timer = 0;

  /** Of this part, which began so many seconds ago. */
  constructor(thought, seconds) {
    this.#summary = thought.querySelector(".thought__summary");
    this.#words = thought.querySelector(".thought__text");
    this.#begun = performance.now() - seconds * SECOND;
    this.#summary.dataset.live = "";
    this.#summary.replaceChildren(phrase("thought.live"), this.#time, this.#line);
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), SECOND);
  }

  /** Its words have grown. */
  show() {
    const text = this.#words.textContent.trimEnd();
    this.#line.textContent = text.slice(text.lastIndexOf("\n") + 1).replace(MARKS, "");
  }

  /** It has ended; how long it took is known exactly when the reply has ended, too. */
  end() {
    clearInterval(this.#timer);
    delete this.#summary.dataset.live;
    this.#summary.textContent = phrase("thought");
  }

  #tick() {
    if (!this.#summary.isConnected) return clearInterval(this.#timer);
    const seconds = (performance.now() - this.#begun) / SECOND;
    if (seconds >= 1) this.#time.textContent = ` ${duration(seconds, "narrow")}`;
  }
}

/** Not read out: it changes all the time. */
function place(className) {
  return Object.assign(document.createElement("span"), { className, ariaHidden: "true" });
}
