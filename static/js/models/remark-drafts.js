/** Remarks that are half typed, one at most on each message: kept in this tab across reloads, until saved or cancelled. */

import { thisTab } from "../helpers/storage.js";
import { page } from "./page.js";
import { REMARK_DRAFTS } from "./unsent.js";

const ours = `${REMARK_DRAFTS}${page.person.id}:`;

/** Keeps what is typed into the forms of this transcript from now on. It goes before the list acts, which shows all anew. */
export function keepRemarkDrafts(transcript) {
  transcript.addEventListener("input", ({ target }) => target.closest("remark-list form") && keep(target.form));
  transcript.addEventListener("submit", ({ target }) => drop(target), true);
  transcript.addEventListener("click", ({ target }) => target.closest("[name=cancel]") && drop(target), true);
}

/** Puts back what no form shows: `listAt` returns the list of a message, if that is in sight. */
export function restoreRemarkDrafts(listAt) {
  for (const key of thisTab.keys(ours)) {
    const list = listAt(key.slice(ours.length));
    if (!list || list.querySelector("form")) continue;
    const { text, place, remark, person } = JSON.parse(thisTab.get(key));
    list.write(place, list.querySelector(`.remark[data-id="${CSS.escape(remark)}"]`) ? remark : "", person);
    list.querySelector("form").elements.text.value = text;
  }
}

function keep(form) {
  const { place, remark } = form.dataset;
  const text = form.elements.text.value;
  const [{ value: id, title: name }] = form.elements.person.selectedOptions;
  const draft = { text, place: JSON.parse(place), remark, person: id ? { id, name } : null };
  thisTab.set(keyOf(form), text.trim() ? JSON.stringify(draft) : "");
}

function drop(element) {
  if (element.closest("remark-list")) thisTab.set(keyOf(element), "");
}

const keyOf = (element) => ours + element.closest("chat-message").dataset.id;
