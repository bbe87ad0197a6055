/** The actions of the page as the palette lists them: its buttons and links, which do them. */

import { isApple } from "./keyboard.js";

const NAMES = isApple ? { Alt: "⌥", Control: "⌃", Meta: "⌘", Shift: "⇧" } : { Control: "Ctrl" };
const ARROWS = { ArrowUp: "↑", ArrowDown: "↓" };
/** Where they stand, in the order of the list. */
const PLACES = [
  ".sidebar__new", ".chat__rename", ".chip", ".chat__outline", ".chat__print", ".composer button[title]", ".menu__shortcuts",
  "#account-menu a", "#account-menu .sign-out button",
];

/** What may be done now: {label, element, run}. */
export function commands() {
  const elements = PLACES.flatMap((place) => [...document.querySelectorAll(place)]);
  const isThere = (element) => !element.closest(".composer") || element.checkVisibility();
  const usable = elements.filter((element) => !element.hidden && !element.disabled && !element.closest("dialog") && isThere(element));
  return usable.map((element) => ({ label: nameOf(element), element, run: () => element.click() }));
}

/** The keys of an action as they are written on the reader's keyboard. */
export function keysOf(element) {
  const first = element.getAttribute("aria-keyshortcuts")?.split(" ")[0] ?? "";
  return first.split("+").map((key) => NAMES[key] ?? ARROWS[key] ?? key).join(" ");
}

/** What it says, part by part; of a button in sight only what is shown or read out. */
function nameOf(element) {
  const isShown = element.checkVisibility();
  const isSaid = ({ parentElement: part }) => !part.closest("[aria-hidden=true]") && (!isShown || part.checkVisibility());
  const choose = (text) => (isSaid(text) ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_REJECT);
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT, choose);
  const parts = [element.title];
  while (!element.title && texts.nextNode()) parts.push(texts.currentNode.data);
  return parts.join(" ").replace(/\s+/g, " ").trim();
}
