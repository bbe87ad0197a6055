/** A sentence on what was done, with the way back for ten seconds; longer while somebody is at it. */

import { phrase } from "./phrases.js";
import { clone } from "./templates.js";

const SHOWN = 10_000;
let note = null;
let timer = 0;
let undo = null;

/** Says what was done; `takeBack` undoes it. Without it the sentence is all. */
export function tellDone(sentence, takeBack = null) {
  note ??= made();
  // Within the drawer of a phone, which a click beside it would close.
  (document.querySelector(".sidebar:popover-open") ?? document.body).append(note);
  undo = takeBack;
  note.querySelector(".undo__button").hidden = !takeBack;
  note.showPopover();
  note.querySelector(".undo__words").textContent = sentence;
  wait();
}

function made() {
  const element = clone("undo-template");
  element.querySelector("button").addEventListener("click", takeBack);
  for (const type of ["pointerenter", "focusin"]) element.addEventListener(type, () => clearTimeout(timer));
  for (const type of ["pointerleave", "focusout"]) element.addEventListener(type, wait);
  return element;
}

function wait() {
  clearTimeout(timer);
  timer = setTimeout(() => note.hidePopover(), SHOWN);
}

async function takeBack() {
  const act = undo;
  undo = null;
  note.hidePopover();
  if (await act()) tellDone(phrase("undone"));
}
