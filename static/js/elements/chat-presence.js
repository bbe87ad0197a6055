/** Who else looks at this conversation, and who is writing in it. */

import { listed, phrase } from "../helpers/phrases.js";
import { page } from "../models/page.js";

const FORGOTTEN = 60_000; // The server names everybody again every 20 seconds.
const WRITING = 5_000;
const SHOWN = 4;

class ChatPresence extends HTMLElement {
  #here = new Map();
  #writing = new Map();
  #line = document.querySelector(".typing");

  connectedCallback() {
    setInterval(() => this.#show(), 1_000);
  }

  presence({ here, gone }) {
    for (const { id, name } of here) this.#here.set(id, { name, until: performance.now() + FORGOTTEN });
    for (const { id } of gone) this.#forget(id);
    this.#show();
  }

  typing({ person: { id, name } }) {
    this.#writing.set(id, { name, until: performance.now() + WRITING });
    this.#show();
  }

  /** What somebody wrote is here: they write no longer. */
  wrote(id) {
    this.#writing.delete(id);
    this.#show();
  }

  #forget(id) {
    this.#here.delete(id);
    this.#writing.delete(id);
  }

  #show() {
    const others = this.#names(this.#here);
    if (this.dataset.names !== others.join("\n")) this.#showPeople(others);
    const writers = this.#names(this.#writing);
    const words = writers.length > 2 ? phrase("writing.many") : phrase(`writing.${writers.length}`, { one: writers[0], two: writers[1] });
    if (this.#line.textContent !== words) this.#line.textContent = words;
  }

  #names(people) {
    for (const [id, { until }] of people) if (until < performance.now()) people.delete(id);
    return [...people].filter(([id]) => id !== page.person.id).map(([, { name }]) => name).sort();
  }

  #showPeople(names) {
    this.dataset.names = names.join("\n");
    const rest = names.length > SHOWN ? [`+${names.length - SHOWN + 1}`] : [];
    const letters = [...names.slice(0, rest.length ? SHOWN - 1 : SHOWN).map((name) => [...name][0]), ...rest];
    const words = names.length ? phrase("presence", { names: listed(names) }) : "";
    this.querySelector(".presence__faces").replaceChildren(...letters.map(face));
    this.querySelector(".visually-hidden").textContent = this.title = words;
  }
}

function face(letter) {
  const element = document.createElement("span");
  element.className = "avatar";
  element.textContent = letter;
  return element;
}

customElements.define("chat-presence", ChatPresence);
