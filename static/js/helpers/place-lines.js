/** The lines about other versions: {words, label, look, key}; `look` is where their button leads, `key` tells equal ones. */

import { page } from "../models/page.js";
import { phrase } from "./phrases.js";

/** Says where the thread goes on, or what was said beside the branch in sight, and how much of it is new. */
export function lineAbout(other) {
  const { fork, version, end } = other;
  const words = [end ? whoGoesOn(other) : phrase("place.beside", other), howMany(other)].filter(Boolean).join(" · ");
  return line(words, phrase("place.show"), { fork, version, at: end ? null : version });
}

/** Says that this tab went along, and leads back. */
export function lineBack({ fork, back, ...place }) {
  const words = phrase("place.followed", { who: whoGoesOn(place) });
  return { isBack: true, ...line(words, phrase("place.back"), { fork, version: back, at: back }) };
}

export function whoGoesOn({ person, number }) {
  if (person?.id === page.person.id) return phrase("place.goes_on.you", { number });
  return person ? phrase("place.goes_on", { name: person.name, number }) : phrase("place.goes_on.nobody", { number });
}

function line(words, label, look) {
  return { words, label, look, key: `${words} ${look.version}` };
}

const howMany = ({ count }) => count && phrase(count === 1 ? "place.count.1" : "place.count", { count });
