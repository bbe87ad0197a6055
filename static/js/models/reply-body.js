/** The body of a reply while it grows: rendered blocks, plain text behind the last of them, and parts of other kinds. */

import { fragment } from "../helpers/html.js";
import { build } from "../helpers/parts.js";
import { clone } from "../helpers/templates.js";

/** Where text that came without markup is appended: what would hold the next word if it were rendered. */
const HOLDS_TEXT = "div, ul, ol, li, p, blockquote, h1, h2, h3, h4, h5, h6, pre, pre > code";
/** Where among a reply's blocks a part of another kind stands. */
const PART = "<!--part-->";

export class ReplyBody {
  #body;
  #finish;
  /** Of the texts between the parts, the one whose blocks the server is rendering. */
  #rendered = 0;

  /** `finish` is called with whatever has its final form, before or after it is put into the page. */
  constructor(body, finish) {
    this.#body = body;
    this.#finish = finish;
  }

  /** Empties it, for a reply that is told from its beginning. */
  begin() {
    this.#body.replaceChildren(division("message__text"));
    this.#rendered = 0;
  }

  /** Adds rendered blocks where the server sent some, else plain text behind the last of them. */
  grow({ text, thought, html, part }) {
    if (part) this.#add(part);
    if (thought) this.#thoughts.append(thought);
    if (html) this.#render(html);
    else if (text) this.#tail.append(text);
  }

  /** A part stands behind the text so far; what comes next has a place behind the part. */
  #add(part) {
    const element = build(part);
    if (element) this.#body.append(element);
    this.#finish(this.#body);
    this.#body.append(division("message__text"));
  }

  #render({ done, live }) {
    const [open, ...behind] = done.join("").split(PART);
    this.#close(open);
    for (const blocks of behind) {
      this.#live.remove();
      this.#rendered += 1;
      this.#close(blocks);
    }
    this.#live.replaceChildren(fragment(live));
  }

  #close(html) {
    const blocks = fragment(html);
    this.#finish(blocks);
    this.#live.before(blocks);
  }

  /** The block of the text being rendered that may still change. */
  get #live() {
    return liveIn(this.#texts[this.#rendered]);
  }

  /** The texts of a reply: before, between and behind its parts of other kinds. */
  get #texts() {
    return this.#body.querySelectorAll(":scope > .message__text");
  }

  get #tail() {
    let place = liveIn([...this.#texts].at(-1));
    while (place.lastElementChild?.matches(HOLDS_TEXT)) place = place.lastElementChild;
    const last = place.lastElementChild;
    if (last?.className === "message__tail") return last;
    return place.appendChild(Object.assign(document.createElement("span"), { className: "message__tail" }));
  }

  /** Thoughts stand before the text that they led to. */
  get #thoughts() {
    const text = [...this.#texts].at(-1);
    if (!text.previousElementSibling?.matches(".thought")) {
      text.before(clone("thought-template"));
      this.#finish(this.#body);
    }
    return text.previousElementSibling.querySelector(".thought__text");
  }
}

function liveIn(text) {
  return text.querySelector(":scope > .message__live") ?? text.appendChild(division("message__live"));
}

function division(className) {
  return Object.assign(document.createElement("div"), { className });
}
