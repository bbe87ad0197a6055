/** Elements of the page whose scripts are fetched when they are first needed. */

import { phrase } from "./phrases.js";

const RETRY = 3_000;
const fetched = new Set();

/** Fetches what somebody has just asked for, by calling `load`; null where it does not come, which is said. */
export async function fetchPart(load) {
  return load().catch(() => {
    document.querySelector("connection-status").tell(phrase("part.lost"));
    return null;
  });
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
