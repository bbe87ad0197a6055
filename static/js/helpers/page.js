/** What the page says and the markup it lends: words and fragments live in its templates, in the reader's language. */

const words = document.getElementById("words").content;

/** The phrase of this name, its {placeholders} filled; empty where the page has none. */
export function phrase(name, values = {}) {
  const text = words.querySelector(`[data-name="${CSS.escape(name)}"]`)?.textContent ?? "";
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
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
