/** What the page says: its words stand in a template, in the reader's language. */

const words = document.getElementById("words").content;

/** Adds those of another template, which a part of the page has brought. */
export function addPhrases(template) {
  words.append(template.content);
}

/** The phrase of this name, its {placeholders} filled; empty where the page has none. */
export function phrase(name, values = {}) {
  const text = words.querySelector(`[data-name="${CSS.escape(name)}"]`)?.textContent ?? "";
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

/** Names in a row, as the reader's language puts them. */
export const listed = (names) => names.join(phrase("comma"));
