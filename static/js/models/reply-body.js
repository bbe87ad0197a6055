/**
 * The body of a reply while it grows: rendered blocks, plain text behind the last of them, and parts of other kinds.
 *
 * Page and server call each version of the rendered text by its digest. A patch leads from the version that is here to
 * the next; blocks that are closed, and what of the open one is equal, keep their nodes.
 */

import { fragment } from "../helpers/html.js";
import { LiveThought } from "../helpers/live-thought.js";
import { build } from "../helpers/parts.js";
import { change } from "../helpers/patches.js";
import { become, keepEqual, keepNumbered } from "../helpers/same-nodes.js";
import { clone } from "../helpers/templates.js";

/** Where text that came without markup is appended: what would hold the next word if it were rendered. */
const HOLDS_TEXT = "div, ul, ol, li, p, blockquote, h1, h2, h3, h4, h5, h6, pre, pre > code";
const TAIL = "message__tail";
const NOTHING = "0";
/** After so many patches that fit nowhere, something else changes this page: words are shown as they come. */
const MOST_MISFITS = 3;

export class ReplyBody {
  #body;
  #finish;
  #digest = NOTHING;
  #text = "";
  /** Of the texts between the parts, the one whose blocks the server is rendering, and its last closed node. */
  #rendered = 0;
  #closed = null;
  #misfits = 0;
  /** The newest thought, and how many seconds one under way had taken before it came here. */
  #thought = null;
  #seconds = 0;

  /** `finish` is called with whatever has its final form. */
  constructor(body, finish) {
    this.#body = body;
    this.#finish = finish;
  }

  /** All words of the answer so far. */
  get text() {
    return this.#text;
  }

  /** Empties it, for a reply that is told from its beginning; a thought under way began so many seconds ago. */
  begin(seconds = 0) {
    this.#body.replaceChildren(division("message__text"));
    [this.#digest, this.#text, this.#rendered, this.#closed] = [NOTHING, "", 0, null];
    this.#endThought();
    this.#seconds = seconds;
  }

  /** Adds what came, rendered where the server sent a patch; false if that leads from another version than is here. */
  grow({ text = "", thought, html, part }) {
    this.#text += text;
    if (part) this.#add(part);
    if (thought) this.#think(thought);
    if (text) this.#endThought();
    const isPlain = !html || this.#misfits >= MOST_MISFITS;
    if (isPlain && text) this.#tail.append(text);
    return isPlain || this.#fits(html, () => this.#render(html));
  }

  /** Gives it its final form by the server's last patch; false if that leads from another version than is here. */
  end({ texts = {}, colours = {}, around = '<div class="message__text"></div>', ...patch }) {
    return this.#fits(patch, () => {
      const all = [...this.#texts];
      if (!change(all[this.#rendered], this.#closed, patch, this.#text)) return false;
      for (const [number, steps] of Object.entries(texts)) keepNumbered(all[number], steps, fragment);
      for (const [number, paint] of Object.entries(colours)) change(all[number], null, { paint }, "");
      this.#become(around, () => {});
      return true;
    });
  }

  /** Gives it its final form from the whole of it. */
  replace(html) {
    this.#become(html, keepEqual);
  }

  #become(html, settle) {
    this.#endThought();
    const ended = fragment(html);
    this.#finish(ended);
    this.#dropTails();
    become(this.#body, ended, settle);
    this.#finish(this.#body);
  }

  #fits({ on, to }, apply) {
    if (on === this.#digest) {
      this.#dropTails();
      if (apply()) {
        this.#digest = to;
        return true;
      }
    }
    this.#misfits += 1;
    return false;
  }

  #think(words) {
    const element = this.#thoughts;
    if (this.#thought?.element !== element) this.#thought = new LiveThought(element, this.#finish);
    this.#thought.grow(words, this.#seconds);
  }

  #endThought() {
    this.#thought?.end();
    this.#seconds = 0;
  }

  /** A part stands behind the text so far; what comes next has a place behind the part. */
  #add(part) {
    this.#endThought();
    const element = build(part);
    if (element) {
      this.#body.append(element);
      this.#finish(element);
    }
    this.#body.append(division("message__text"));
  }

  #render({ more = [], closed = 0, ...patch }) {
    const texts = this.#texts;
    if (!texts[this.#rendered + more.length]) return false;
    if (!change(texts[this.#rendered], this.#closed, patch, this.#text)) return false;
    for (const html of more) {
      this.#close(texts[this.#rendered], Infinity);
      this.#rendered += 1;
      this.#closed = null;
      texts[this.#rendered].append(fragment(html));
    }
    this.#close(texts[this.#rendered], closed);
    return true;
  }

  /** So many more nodes of a text stay as they are. */
  #close(text, count) {
    for (let left = count; left > 0; left -= 1) {
      const next = this.#closed ? this.#closed.nextSibling : text.firstChild;
      if (!next) return;
      this.#closed = next;
      if (next.nodeType === Node.ELEMENT_NODE) this.#finish(next);
    }
  }

  /** The texts of a reply: before, between and behind its parts of other kinds. */
  get #texts() {
    return this.#body.querySelectorAll(":scope > .message__text");
  }

  get #tail() {
    const text = [...this.#texts].at(-1);
    let place = text;
    let last = text.lastElementChild;
    if (last && !this.#isOpen(last)) last = null;
    while (last?.matches(HOLDS_TEXT)) [place, last] = [last, last.lastElementChild];
    if (last?.className === TAIL) return last;
    return place.appendChild(Object.assign(document.createElement("span"), { className: TAIL }));
  }

  #isOpen(element) {
    if (!this.#closed || this.#closed.parentNode !== element.parentNode) return true;
    return Boolean(this.#closed.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING);
  }

  #dropTails() {
    for (const tail of this.#body.querySelectorAll(`.${TAIL}`)) tail.remove();
  }

  /** Thoughts stand before the text that they led to. */
  get #thoughts() {
    const text = [...this.#texts].at(-1);
    if (!text.previousElementSibling?.matches(".thought")) {
      const thought = clone("thought-template");
      text.before(thought);
      this.#finish(thought);
    }
    return text.previousElementSibling;
  }
}

function division(className) {
  return Object.assign(document.createElement("div"), { className });
}
