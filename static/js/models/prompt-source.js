/** Kept prompts that may stand behind a “/”: their words take its place, those with variables once these are filled in. */

import { call } from "../helpers/api.js";
import { fetchPart } from "../helpers/loading.js";
import { phrase } from "../helpers/phrases.js";
import { InsertedPrompt } from "./inserted-prompt.js";
import { page } from "./page.js";

/** At the beginning or behind a blank; a path or a fraction is none. */
const PATTERN = /(?<!\S)\/(?<words>(?:[^\s/][^/\n]{0,59})?)$/;
const MOST = 8;

/** See models/completion-list.js. */
export function source(composer) {
  composer.prompt = new InsertedPrompt(composer.text); // Which the next message names.
  return { pattern: PATTERN, find: (words) => promptsFor(words, composer) };
}

async function promptsFor(words, composer) {
  const asked = new URLSearchParams({ q: words.trim(), limit: MOST });
  const { results } = await call("GET", `${page.api.prompts}?${asked}`).catch(() => ({ results: [] }));
  return results.map((prompt) => ({
    label: prompt.name,
    note: (prompt.scope.project ?? prompt.scope.team)?.name ?? phrase(`prompt.${prompt.scope.kind}`),
    choose: () => use(prompt, composer),
  }));
}

async function use(prompt, composer) {
  if (!prompt.variables.length) return composer.prompt.insert(prompt, prompt.text);
  const form = await fetchPart(() => import("../elements/prompt-fields.js"));
  form?.open(prompt, (text) => composer.prompt.insert(prompt, text));
}
