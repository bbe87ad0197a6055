/** A thought as it comes: how long it takes, and the beginning of its newest line; rendered once it is opened. */

import { duration } from "./formats.js";
import { phrase } from "./phrases.js";

const SECOND = 1_000;
const MARKS = /^[\s#>*\-]+|[*_\x60]+/g;

export class LiveThought {
  /** All its words, and whether more may come. */
  text = "";
  isUnderWay = false;
  #summary;
  #begun = 0;
  #time = place("thought__time");
  #line = place("thought__line");
  #timer = 0;

  /** In this element; `finish` is called with whatever has its final form. */
  constructor(element, finish) {
    this.element = element;
    this.tail = element.querySelector(".thought__tail");
    this.finish = finish;
    this.#summary = element.querySelector(".thought__summary");
    element.addEventListener("toggle", () => import("./thought-html.js").then(({ render }) => render(this), () => {}));
  }

  /** More words have come; if they are the first for now, it began so many seconds ago. */
  grow(words, seconds) {
    if (!this.isUnderWay) this.#begin(seconds);
    this.text += words;
    if (!this.tail.parentNode) this.element.querySelector(".thought__text").append(this.tail);
    this.tail.append(words);
    const text = this.text.trimEnd();
    const line = text.lastIndexOf("\n") + 1;
    this.#line.textContent = text.slice(line, line + 200).replace(MARKS, "");
    this.#timer ||= setInterval(() => this.#tick(), SECOND);
  }

  /** It has ended; how long it took is known exactly when the reply has ended, too. */
  end() {
    this.#stop();
    if (this.isUnderWay) this.#summary.textContent = phrase("thought");
    delete this.#summary.dataset.live;
    this.isUnderWay = false;
  }

  #begin(seconds) {
    this.isUnderWay = true;
    this.#begun = performance.now() - seconds * SECOND;
    this.#summary.dataset.live = "";
    this.#summary.replaceChildren(phrase("thought.live"), this.#time, this.#line);
    this.#tick();
  }

  /** Shows the time; one that is not on the page waits for its next word. */
  #tick() {
    if (!this.#summary.isConnected) return this.#stop();
    const seconds = (performance.now() - this.#begun) / SECOND;
    if (seconds >= 1) this.#time.textContent = ` ${duration(seconds, "narrow")}`;
  }

  #stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
  }
}

/** Not read out: it changes all the time. */
function place(className) {
  return Object.assign(document.createElement("span"), { className, ariaHidden: "true" });
}
