/** Whose names may stand behind an “@”: people who read here, and models, which are asked then. */

import { firstOf } from "../helpers/model-order.js";
import { phrase } from "../helpers/phrases.js";

/** An address of mail is no mention; a name may have several words. */
const PATTERN = /(?<![A-Za-z0-9._+-])[@＠](?<words>[^@＠\n]{0,60})$/;

/** See models/completion-list.js. */
export function source(composer) {
  return { pattern: PATTERN, find: (words) => found(composer, words) };
}

async function found(composer, words) {
  const { people } = composer.models.addressees;
  await people.load();
  const models = firstOf([...(composer.form.elements.model?.options ?? [])]);
  const named = [...people.others.map(({ name }) => [name, ""]), ...models.map(({ textContent }) => [textContent, phrase("mention.model")])];
  return named.filter(([name]) => fits(name, words)).map(([label, note]) => ({ label, note, text: `@${label} ` }));
}

/** Whether the name, or what follows a blank or a mark in it, begins with these words, with or without accents and blanks. */
function fits(name, words) {
  const [whole, begun] = [plain(name), plain(words)];
  const isInside = begun !== "" && [...whole.matchAll(/[\s/:._-]/g)].some(({ index }) => whole.startsWith(begun, index + 1));
  return whole.startsWith(begun) || isInside || whole.replaceAll(" ", "").startsWith(begun);
}

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();
