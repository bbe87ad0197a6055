/** What the page says and the markup it lends: words and fragments live in its templates, in the reader's language. */

const words = document.getElementById("words").content;
const MINUTE = 60;

/** The phrase of this name, its {placeholders} filled; empty where the page has none. */
export function phrase(name, values = {}) {
  const text = words.querySelector(`[data-name="${CSS.escape(name)}"]`)?.textContent ?? "";
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

/** A time that somebody waited, no more exact than it was felt. */
export function duration(seconds) {
  const [unit, value] = seconds < 2 * MINUTE ? ["second", seconds] : ["minute", seconds / MINUTE];
  const style = { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(Math.max(1, value));
}

/** Whether the page has a template with this id for its reader. */
export function lends(id) {
  return document.getElementById(id) !== null;
}

/** A fresh copy of what the template with this id holds. */
export function clone(id) {
  return document.importNode(document.getElementById(id).content.firstElementChild, true);
}

/** A new random id (crypto.randomUUID is missing on plain http in a local network). */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
