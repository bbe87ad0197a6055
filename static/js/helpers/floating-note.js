/** A word beside what somebody has just used, for a moment. */

import { placeBeside } from "./popover-position.js";
import { clone } from "./templates.js";

const SHOWN = 1_600;
let note = null;
let timer = 0;

/** Shows this sentence at an element, and reads it out. */
export function tellAt(element, sentence) {
  note ??= document.body.appendChild(clone("floating-note-template"));
  note.showPopover();
  note.textContent = sentence;
  placeBeside(note, element);
  clearTimeout(timer);
  timer = setTimeout(() => note.hidePopover(), SHOWN);
}
