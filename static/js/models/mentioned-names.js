/** Whose names may stand behind an “@”: people who read here, models, which are asked then, and who may get access. */

import { call } from "../helpers/api.js";
import { tellAt } from "../helpers/floating-note.js";
import { fragment } from "../helpers/html.js";
import { firstOf } from "../helpers/model-order.js";
import { phrase } from "../helpers/phrases.js";
import { page } from "./page.js";

/** An address of mail is no mention; a name may have several words. */
const PATTERN = /(?<![A-Za-z0-9._+-])[@＠](?<words>[^@＠\n]{0,60})$/;

let asked = null;

/** See models/completion-list.js. */
export function source(composer) {
  return { pattern: PATTERN, find: (words) => found(composer, words) };
}

async function found(composer, words) {
  const { people } = composer.models.addressees;
  await people.load();
  const models = firstOf([...(composer.form.elements.model?.options ?? [])]);
  const named = [...people.others.map(({ name }) => [name, ""]), ...models.map(({ textContent }) => [textContent, phrase("mention.model")])];
  const outside = words ? await outsiders(composer) : [];
  return [...named, ...outside].filter(([name]) => fits(name, words)).map(([label, note, choose]) => ({ label, note, choose, text: `@${label} ` }));
}

/** People who do not read the conversation, if its reader may let them in: the panel of its audience has their names. */
async function outsiders(composer) {
  if (!page.canShare || !page.conversation) return [];
  asked ??= fetch(page.urls.audience(page.conversation)).then((response) => response.text(), () => (asked = null));
  const form = fragment((await asked) ?? "").querySelector("[data-naming]");
  if (!form) return [];
  const note = form.querySelector("button").textContent;
  return [...form.querySelectorAll("option")].map(({ value }) => [value, note, () => letIn(value, composer, form.dataset.given)]);
}

async function letIn(name, composer, told) {
  const { people } = composer.models.addressees;
  const isIn = await call("POST", `${page.api.conversation(page.conversation)}/guests`, { name }).catch(() => null);
  asked = null;
  tellAt(composer.text, isIn ? told.replace("{name}", name) : phrase("action.lost"));
  people.forget();
  composer.models.addressees.read();
}

/** Whether the name, or what follows a blank or a mark in it, begins with these words, with or without accents and blanks. */
function fits(name, words) {
  const [whole, begun] = [plain(name), plain(words)];
  const isInside = begun !== "" && [...whole.matchAll(/[\s/:._-]/g)].some(({ index }) => whole.startsWith(begun, index + 1));
  return whole.startsWith(begun) || isInside || whole.replaceAll(" ", "").startsWith(begun);
}

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();
