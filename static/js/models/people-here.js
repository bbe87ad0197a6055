/** The people who can read what is written here, as their names may stand behind an “@”: asked for with the first one. */

import { call } from "../helpers/api.js";
import { page } from "./page.js";

const FRESH = 60_000;
const PATIENCE = 5_000;

export class PeopleHere {
  #composer;
  #known = new Map();
  #asked = new Map();

  constructor(composer) {
    this.#composer = composer;
  }

  /** All others, as far as they are known: {id, name}. */
  get others() {
    return (this.#known.get(this.#place)?.people ?? []).filter(({ id }) => id !== page.person.id);
  }

  /** Whether they are being asked for, and not known yet. */
  get isAsking() {
    return this.#asked.has(this.#place) && !this.#known.has(this.#place);
  }

  /** Resolves once they are known, or cannot be. */
  async load() {
    const place = this.#place;
    if (!place || Date.now() - (this.#known.get(place)?.at ?? 0) < FRESH) return;
    if (!this.#asked.has(place)) this.#asked.set(place, ask(place));
    const people = await this.#asked.get(place);
    this.#asked.delete(place);
    if (people) this.#known.set(place, { people, at: Date.now() });
  }

  /** Others read here now. */
  forget() {
    this.#known.clear();
  }

  get #place() {
    const { team } = this.#composer.form.elements;
    if (page.conversation) return `conversation=${page.conversation}`;
    return team?.value ? `team=${team.value}` : "";
  }
}

function ask(place) {
  return call("GET", `${page.api.people}?${place}`, undefined, { signal: AbortSignal.timeout(PATIENCE) }).catch(() => null);
}
