/** Colours of code, few in each frame: a browser that gets all those of a long block at once is busy for too long. */

import { keepingSelection } from "./selection.js";

const RUN = /([A-Z]|_\d+_)([A-Z]|_\d+_)([a-z][a-z0-9]*)/g;
/** New nodes in one frame, and the frames for code of very many: each lays out the whole of it, which then takes longest. */
const MOST = 400;
const FRAMES = 4;

/** What code is to become, by its element; the newest wish counts. */
const wishes = new Map();
let isUnderWay = false;

/**
 * Colours this text of code, from its beginning: `BDnf` is one character as it is and then three in the class `nf`;
 * `_26_` is a number above 25.
 */
export function colour(code, text, runs) {
  wishes.set(code, { text, pieces: piecesOf(text, runs) });
  if (!isUnderWay) requestAnimationFrame(work);
  isUnderWay = true;
}

function work() {
  let left = Math.ceil(Math.max(MOST, ...[...wishes.values()].map(({ pieces }) => pieces.length / FRAMES)));
  for (const [code, wish] of wishes) {
    keepingSelection(code, () => (left = advance(code, wish, left)));
    if (left < 0) break;
    wishes.delete(code);
  }
  isUnderWay = wishes.size > 0;
  if (isUnderWay) requestAnimationFrame(work);
}

/**
 * Makes at most so many nodes; returns how many more it might have made, below 0 if some are missing. What is equal at
 * the beginning stays. The text behind is cut once: each cut copies all of it.
 */
function advance(code, { text, pieces }, most) {
  if (!code.isConnected || !code.textContent.startsWith(text)) return most;
  let node = code.firstChild;
  const begin = pieces.findIndex((piece) => {
    if (!isLike(node, piece)) return true;
    node = node.nextSibling;
    return false;
  });
  if (begin < 0) return most;
  const next = pieces.slice(begin, begin + Math.max(most, 0));
  const length = next.reduce((sum, { words }) => sum + words.length, 0);
  const rest = without(node, length);
  for (const piece of next) code.insertBefore(made(piece), rest);
  return most - (pieces.length - begin);
}

/** Removes so many characters at the beginning of this node and those behind it; returns the node that begins there then. */
function without(first, length) {
  let node = first;
  for (let left = length; left > 0 && node; ) {
    const size = node.textContent.length;
    if (size > left) {
      (node.firstChild ?? node).deleteData(0, left);
      return node;
    }
    const next = node.nextSibling;
    node.remove();
    [node, left] = [next, left - size];
  }
  return node;
}

function isLike(node, { words, className }) {
  return (node?.className ?? "") === className && node?.textContent === words;
}

function made({ words, className }) {
  if (!className) return document.createTextNode(words);
  return Object.assign(document.createElement("span"), { className, textContent: words });
}

function piecesOf(text, runs) {
  const pieces = [];
  let at = 0;
  const take = (length, className) => length && pieces.push({ words: text.slice(at, (at += length)), className });
  for (const [, gap, size, className] of runs.matchAll(RUN)) {
    take(count(gap), "");
    take(count(size), className);
  }
  take(text.length - at, "");
  return pieces;
}

function count(number) {
  return number.length === 1 ? number.charCodeAt(0) - "A".charCodeAt(0) : Number(number.slice(1, -1));
}
