/** Patches of rendered text: what stays keeps its nodes, and with them its selection, focus and sideways place. */

import { fragment } from "./html.js";

/** The markup behind the characters from U+0080 on, in the server's order. */
const MARKUP = [
  "<td>", "</td>\n", "<tr>\n", "</tr>\n", "<li>", "</li>\n", "<p>", "</p>\n", "<strong>", "</strong>", "<em>", "</em>",
  "<code>", "</code>", "<br>\n", '<span class="', "</span>", '<td class="align-', "<mi>", "</mi>", "<mo>", "</mo>",
  "<mn>", "</mn>", "<mrow>", "</mrow>", "<ul>\n", "</ul>\n", '<a href="', "</a>",
  ' target="_blank" rel="noopener noreferrer nofollow ugc">', '<div class="code-block',
];
const FIRST = 0x80;
const CODE = "code.highlight";

/**
 * Changes what stands in `root` behind the node `closed`: keeps the nodes up to the place `at`, removes the rest, adds
 * HTML and colours code. `said` is the reply's whole text, in which `add` may name words. False if the place is not there.
 */
export function change(root, closed, { at, add = [], paint = [], long }, said) {
  if (at) {
    const place = placeOf(root, closed, at);
    if (!place) return false;
    const kept = cut(place);
    add.forEach((piece, level) => append(place.way.at(-1 - level), level ? null : kept, piece, said, long));
  }
  const blocks = paint.length ? codeBehind(root, closed) : [];
  for (const [number, runs] of paint) if (blocks[number]) colour(blocks[number], runs);
  return true;
}

/** The elements that are open at a place, the first node there that goes, and how much of its text stays. */
function placeOf(root, closed, at) {
  const path = at.slice(0, -2);
  const [nodes, characters] = at.slice(-2);
  const first = (element) => (element === root && closed ? closed.nextSibling : element.firstChild);
  const way = [root];
  for (const number of path) {
    const next = after(first(way.at(-1)), number);
    if (next?.nodeType !== Node.ELEMENT_NODE) return null;
    way.push(next);
  }
  const last = way.at(-1);
  if (characters && last.matches(CODE)) return last.textContent.length < characters ? null : { way, characters, code: last };
  const node = after(first(last), nodes);
  if (node === undefined || (characters && !(node?.nodeType === Node.TEXT_NODE && node.length >= characters))) return null;
  return { way, characters, node };
}

/** The sibling so many nodes further: null for the place behind the last one, undefined if there are too few. */
function after(node, count) {
  for (let left = count; left > 0; left -= 1) {
    if (!node) return undefined;
    node = node.nextSibling;
  }
  return node;
}

/** Removes everything behind a place; returns the text that stays just before it, if there is any. */
function cut({ way, node, characters, code }) {
  way.slice(1).forEach(removeBehind);
  if (code) return cutCode(code, characters);
  if (!characters) {
    if (node) removeBehind(node);
    node?.remove();
    return null;
  }
  removeBehind(node);
  if (node.length > characters) node.deleteData(characters, node.length - characters);
  return node;
}

/** Code may be coloured: its text is that of several nodes. */
function cutCode(code, characters) {
  const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
  let left = characters;
  while (texts.nextNode() && texts.currentNode.length < left) left -= texts.currentNode.length;
  const text = texts.currentNode;
  if (text.length > left) text.deleteData(left, text.length - left);
  const top = text.parentNode === code ? text : text.parentNode;
  removeBehind(top);
  return top === text ? text : null;
}

function removeBehind(node) {
  while (node.nextSibling) node.nextSibling.remove();
}

/** Adds HTML, or words of the text, to an element; text that follows text becomes one with it. */
function append(element, kept, piece, said, isLong) {
  if (Array.isArray(piece)) {
    const begin = said.length - piece[0];
    const words = said.slice(begin, begin + piece[1]);
    if (kept) kept.appendData(words);
    else element.append(words);
    return;
  }
  const added = fragment(isLong ? piece : inFull(piece));
  if (kept && added.firstChild?.nodeType === Node.TEXT_NODE) {
    kept.appendData(added.firstChild.data);
    added.firstChild.remove();
  }
  element.append(added);
}

function inFull(html) {
  return html.replace(/[\u0080-\u009f]/g, (short) => MARKUP[short.charCodeAt(0) - FIRST]);
}

function codeBehind(root, closed) {
  const isOpen = (code) => !closed || closed.compareDocumentPosition(code) & Node.DOCUMENT_POSITION_FOLLOWING;
  return [...root.querySelectorAll(CODE)].filter(isOpen);
}

/** Colours code as soon as the script that does it is here. */
async function colour(code, runs) {
  const text = code.textContent;
  const colours = await import("./code-colours.js").catch(() => null);
  colours?.colour(code, text, runs);
}
