/** What tells the versions of a reply apart, as tooltips at the switch between them. */

import { page } from "../models/page.js";

const known = new Map();

/** Says at a switch which version is shown, and to which ones its buttons lead. */
export async function tellVersions(element, shown, versions) {
  const words = await wordsFor(shown, versions.join(" "));
  const place = versions.indexOf(shown);
  tell(element.querySelector(".switch__place"), words[shown]);
  tell(element.querySelector("[data-step=previous]"), words[versions[place - 1]]);
  tell(element.querySelector("[data-step=next]"), words[versions[place + 1]]);
}

/** Asked once for each set of versions; without an answer, again at the next look. */
async function wordsFor(shown, key) {
  if (!known.has(key)) known.set(key, fetch(page.urls.versions(shown)).then((response) => (response.ok ? response.json() : null), () => null));
  const words = await known.get(key);
  if (!words) known.delete(key);
  return words ?? {};
}

function tell(part, words) {
  if (words) part.title = words;
}
