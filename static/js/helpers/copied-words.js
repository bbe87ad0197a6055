/** What is put on the clipboard: of a selection over messages their words alone, and formulas as their LaTeX. */

import { markupIn } from "./html.js";

const NO_WORDS = "button, .code-block__bar, .code-block__numbers, .thought__summary, .task-box, [data-word]";

/** Answers a copy event whose selection leaves one message's words, or holds a formula. */
export function copyWords(event, thread) {
  const selection = getSelection();
  if (selection.isCollapsed || event.target.closest?.("input, textarea")) return;
  const range = selection.getRangeAt(0);
  const bodies = bodiesIn(range, thread);
  if (!bodies.length || (isWithin(range, bodies[0]) && !holdsFormula(range, bodies[0]))) return;
  const pieces = bodies.map((body) => inMessage(words(range, body), body));
  event.clipboardData.setData("text/plain", asText(pieces, thread));
  event.clipboardData.setData("text/html", pieces.map((piece) => markupIn(piece.firstElementChild)).join("\n"));
  event.preventDefault();
}

/** The selected words of a thread's messages. */
export function selectedText(thread) {
  const range = getSelection().getRangeAt(0);
  return asText(bodiesIn(range, thread).map((body) => inMessage(words(range, body), body)), thread);
}

/** The code to which a button belongs; a line end would run the last line of what is pasted into a shell. */
export function codeBeside(button) {
  return button.closest(".code-block").querySelector("pre").textContent.replace(/\n$/, "");
}

/** The words of the message in which a button is; thoughts leave empty lines before the answer. */
export function wordsAround(button) {
  return button.closest("chat-message").copied.replace(/^\s*\n/, "");
}

function bodiesIn(range, thread) {
  return [...thread.querySelectorAll(".message__body")].filter((body) => range.intersectsNode(body));
}

function isWithin(range, body) {
  return body.contains(range.startContainer) && body.contains(range.endContainer);
}

function holdsFormula(range, body) {
  return [...body.querySelectorAll("math")].some((formula) => range.intersectsNode(formula));
}

/** A copy of the part of a body that is selected, with the elements around it, and without what is no word. */
function words(range, body) {
  const part = selectedIn(range, body);
  let copy = part.cloneContents();
  for (let around = element(part.commonAncestorContainer); ; around = around.parentElement) {
    const shell = around.cloneNode();
    shell.append(copy);
    copy = shell;
    if (around === body) break;
  }
  for (const other of copy.querySelectorAll(NO_WORDS)) other.remove();
  for (const formula of copy.querySelectorAll("math")) formula.replaceWith(latex(formula));
  return copy;
}

/** What of a range is inside a body; a formula is selected whole. */
function selectedIn(range, body) {
  const part = document.createRange();
  part.selectNodeContents(body);
  if (body.contains(range.startContainer)) part.setStart(range.startContainer, range.startOffset);
  if (body.contains(range.endContainer)) part.setEnd(range.endContainer, range.endOffset);
  const [first, last] = [part.startContainer, part.endContainer].map((node) => element(node).closest("math"));
  if (first) part.setStartBefore(first);
  if (last) part.setEndAfter(last);
  return part;
}

/** A box of the message's style: what people write keeps its lines. */
function inMessage(copy, body) {
  const message = document.createElement("div");
  message.className = body.parentElement.className;
  message.append(copy);
  return message;
}

/** A formula as it is written in Markdown. */
export function latex(formula) {
  const bar = formula.getAttribute("display") === "block" ? "$$" : "$";
  return bar + latexAlone(formula) + bar;
}

/** A formula without the signs around it. */
export function latexAlone(formula) {
  return formula.getAttribute("alttext") ?? formula.textContent;
}

function element(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
}

/** The text as it is laid out, so it must be in the page for a moment. */
function asText(pieces, thread) {
  const place = document.createElement("div");
  place.className = "copied";
  place.append(...pieces);
  thread.after(place);
  const texts = pieces.map((piece) => piece.innerText.trim());
  place.remove();
  return texts.filter(Boolean).join("\n\n");
}
