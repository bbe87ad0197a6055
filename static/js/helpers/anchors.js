/**
 * Where words of a message stand in its text as it was written, and the other way round.
 *
 * What is shown lacks the signs of Markdown, so both are compared without blanks and signs, and the same words are told
 * apart by counting. Places in a text are characters, as the server counts them; in a string they are UTF-16 units.
 */

const SIGN = /[\s*_`~#>|\\[\]()!<>:=-]/;
/** Signs of Markdown with letters in them: addresses of links, numbers of lists, languages of code. */
const MARKUP = [/\]\([^)\s]*(?:\s"[^"]*")?\)/g, /^[ \t]*(?:>[ \t]*)*\d{1,9}[.)][ \t]/gm, /^[ \t]*(?:`{3,}|~{3,})[^\n]*$/gm];
const NO_WORDS = "button, .code-block__bar, .code-block__numbers, .task-box, [data-word]";

/** A message's text as it was written and as it is shown now, made ready for several places. */
export class Anchors {
  #source;
  #characters;
  #nodes;
  #shown;
  #written;

  constructor(message) {
    this.#source = message.source;
    this.#characters = /[\ud800-\udfff]/.test(this.#source) ? [...this.#source] : null; // Else one is one unit.
    this.#nodes = textNodes(message);
    this.#shown = textOf(this.#nodes);
    this.#written = written(message);
  }

  /** The place of what a range selects: {quote, start, end}, or {quote} where the text has no such words. */
  placeOf(range) {
    const within = this.#nodes.filter(({ node }) => range.intersectsNode(node));
    if (!within.length) return { quote: range.toString().trim() };
    const [first, last] = [within[0], within.at(-1)];
    const from = first.at + (first.node === range.startContainer ? range.startOffset : 0);
    const to = last.at + (last.node === range.endContainer ? range.endOffset : last.node.length);
    const found = counterpart(fold(this.#shown), [from, to], this.#written);
    if (!found) return { quote: this.#shown.slice(from, to).trim() };
    const [start, end] = found.map((unit) => (this.#characters ? [...this.#source.slice(0, unit)].length : unit));
    return { quote: this.#source.slice(...found), start, end };
  }

  /** The range of a remark's words; null where they are not in sight as they were written. */
  rangeOf({ start, end }) {
    if (typeof start !== "number") return null;
    const units = [start, end].map((place) => this.#characters?.slice(0, place).join("").length ?? place);
    const found = counterpart(this.#written, units, fold(this.#shown));
    if (!found) return null;
    const range = document.createRange();
    range.setStart(...pointAt(this.#nodes, found[0]));
    range.setEnd(...pointAt(this.#nodes, found[1] - 1, 1));
    return range;
  }
}

/** A message's text without its signs. */
function written(message) {
  const blank = (signs) => " ".repeat(signs.length);
  const isMarkdown = message.dataset.role === "assistant";
  return fold(isMarkdown ? MARKUP.reduce((text, markup) => text.replace(markup, blank), message.source) : message.source);
}

/** {words: without blanks and signs, at: where in the text each of their units stands}. */
function fold(text) {
  const at = [];
  let words = "";
  for (let place = 0; place < text.length; place += 1) {
    if (SIGN.test(text[place])) continue;
    words += text[place];
    at.push(place);
  }
  return { words, at };
}

/** Where the words at this place of one text stand in the other; null where they do not. */
function counterpart(one, [from, to], other) {
  const start = one.at.findIndex((place) => place >= from);
  const end = one.at.findLastIndex((place) => place < to) + 1;
  if (start < 0 || end <= start) return null;
  const words = one.words.slice(start, end);
  let place = other.words.indexOf(words);
  for (let before = one.words.indexOf(words); before >= 0 && before < start && place >= 0; before = one.words.indexOf(words, before + 1)) {
    place = other.words.indexOf(words, place + 1);
  }
  return place < 0 ? null : [other.at[place], other.at[place + words.length - 1] + 1];
}

/** The texts of a message's words with the place of each: [{node, at}]. */
function textNodes(message) {
  const nodes = [];
  let at = 0;
  for (const text of message.querySelectorAll(".message__body .message__text")) {
    if (text.closest(".thought")) continue;
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.parentElement.closest(NO_WORDS)) continue;
      nodes.push({ node, at });
      at += node.length;
    }
  }
  return nodes;
}

const textOf = (nodes) => nodes.map(({ node }) => node.data).join("");

function pointAt(nodes, place, more = 0) {
  const { node, at } = nodes.findLast((one) => one.at <= place);
  return [node, place - at + more];
}
