/** What a remark's card says: who, when, what, and whom it is given to. */

import { page } from "../models/page.js";
import { moment } from "./formats.js";
import { showAvatar } from "./message-words.js";
import { phrase } from "./phrases.js";

/** Who says what and when in this card or reply, and what becomes of it. */
export function say(element, { id, author, text, created_at, unsent, resolved }) {
  element.dataset.id = id;
  const name = author?.name ?? "";
  const place = (kind) => element.querySelector(`.remark__${kind}`);
  showAvatar(place("face"), name);
  place("name").textContent = name;
  place("time").dateTime = created_at;
  place("time").textContent = moment(new Date(created_at));
  place("text").textContent = text;
  place("notice").textContent = noteOn(unsent, resolved);
  element.toggleAttribute("data-unsent", Boolean(unsent));
  element.toggleAttribute("data-refused", Boolean(unsent?.code));
  element.toggleAttribute("data-mine", author?.id === page.person.id || page.canShare);
  return element;
}

/** The people of a field, the chosen one too if it is not among them; without others there is nothing to choose. */
export function fillPeople(select, people, chosen, person) {
  const all = [...(person && people.every(({ id }) => id !== person.id) ? [person] : []), ...people];
  const options = all.map(({ id, name }) => Object.assign(new Option(phrase("remark.for", { name }), id), { title: name }));
  select.replaceChildren(new Option(phrase("remark.for.nobody"), ""), ...options);
  select.value = chosen;
  select.closest(".remark__for").toggleAttribute("data-alone", !person && people.length < 2);
}

function noteOn(unsent, resolved) {
  if (unsent?.code) return phrase(`remark.refused.${unsent.code}`) || phrase("remark.refused");
  if (unsent) return phrase("waiting.unsent");
  return resolved ? phrase("remark.resolved.by", { name: resolved.by?.name ?? "" }) : "";
}
