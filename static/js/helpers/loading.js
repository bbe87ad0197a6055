/** Elements of the page whose scripts are fetched when they are first needed. */

import { page } from "../models/page.js";
import { placePart } from "./page-parts.js";
import { phrase } from "./phrases.js";

const RETRY = 3_000;
const fetched = new Set();
let later = null;

/** Calls `load` once there is what the parts share that are fetched late: words, markup and looks; rejects where it does not come. */
export async function withLater(load) {
  later ??= placePart(page.urls.later, document.body);
  await later.catch((error) => {
    later = null;
    throw error;
  });
  return load();
}

/** Fetches what somebody has just asked for, by calling `load`; null where it does not come, which is said. */
export async function fetchPart(load) {
  return withLater(load).catch(() => {
    document.querySelector("connection-status").tell(phrase("part.lost"));
    return null;
  });
}

/** Fetches what a key opens, and opens it by `open`. What is typed meanwhile goes to the field that has the focus then. */
export async function openForTyping(load, open) {
  const typed = [];
  const keep = (event) => {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || ["Escape", "Tab"].includes(key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (key.length === 1 || key === "Enter") typed.push(key);
  };
  addEventListener("keydown", keep, true);
  const loaded = await fetchPart(load);
  removeEventListener("keydown", keep, true);
  if (loaded) open(loaded);
  typed.forEach((key) => retype(key, loaded));
}

/** Enter is for what was to open; without that it would send what stands in the box. */
function retype(key, isOpen) {
  const field = document.activeElement;
  if (key === "Enter") return isOpen && field.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  if (!field.setRangeText) return;
  field.setRangeText(key, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Fetches the script of an element, once, by calling `load`; where it does not come, again once there is a network. */
export async function fetchElement(name, load) {
  if (fetched.has(name)) return;
  fetched.add(name);
  while (!(await load().catch(() => null))) await network();
}

function network() {
  return new Promise((resolve) => {
    if (navigator.onLine) setTimeout(resolve, RETRY);
    else addEventListener("online", resolve, { once: true });
  });
}
