/** Ratio, size, quality and count of pictures: what all models take that are asked, as it was chosen last. */

import { forever } from "../helpers/storage.js";

const KEY = "pictures";

export class PictureChoice {
  #place;
  #models;

  constructor(form, models) {
    this.#place = form.querySelector(".picture-choice");
    this.#models = models;
    this.#place.addEventListener("change", () => forever.set(KEY, JSON.stringify({ ...kept(), ...this.#values })));
    models.addEventListener("changed", () => this.show());
  }

  /** The parameters of the next message; undefined where nothing is chosen. */
  get inCommand() {
    const chosen = Object.entries(this.#values).filter(([, value]) => value);
    const typed = chosen.map(([name, value]) => [name, name === "picture_count" ? Number(value) : value]);
    return typed.length ? Object.fromEntries(typed) : undefined;
  }

  show() {
    const known = common(this.#models.pictures);
    const last = kept();
    for (const select of this.#selects) {
      const words = known.get(select.name) ?? [];
      select.replaceChildren(select.options[0], ...words.map((word) => new Option(select.name === "picture_count" ? `×${word}` : word, word)));
      select.value = words.includes(last[select.name]) ? last[select.name] : "";
      select.hidden = words.length === 0;
    }
    this.#place.hidden = known.size === 0;
  }

  get #selects() {
    return [...this.#place.querySelectorAll("select")];
  }

  get #values() {
    return Object.fromEntries(this.#selects.filter(({ hidden }) => !hidden).map(({ name, value }) => [name, value]));
  }
}

/** Gives the place of a picture that is being made its shape, in the message of a model that makes some. */
export function markShape(message) {
  const options = [...(document.getElementById("composer-model")?.options ?? [])];
  const own = options.find(({ textContent }) => textContent === message.name.trim());
  const draws = Boolean(own?.dataset.takes.split(" ").includes("draws"));
  if (message.toggleAttribute("data-draws", draws)) message.style.setProperty("--picture-shape", shape());
}

/** The shape of the next picture as CSS writes it, as far as it was chosen. */
function shape() {
  const { picture_ratio: ratio, picture_size: size } = kept();
  const [, width, height] = /^(\d+)\D(\d+)$/.exec(ratio || size || "") ?? [];
  return width && height ? `${width} / ${height}` : "1";
}

function kept() {
  try {
    return JSON.parse(forever.get(KEY) || "{}");
  } catch {
    return {};
  }
}

/** What all of these know, as lists of words by name; each is "name=word,word name=count", or empty. */
function common(told) {
  const [first = new Map(), ...others] = told.map(read);
  const shared = [...first].map(([name, words]) => [name, words.filter((word) => others.every((one) => one.get(name)?.includes(word)))]);
  return new Map(shared.filter(([, words]) => words.length));
}

function read(told) {
  const pairs = told.split(" ").filter(Boolean).map((one) => one.split("="));
  return new Map(pairs.map(([name, words]) => [name, name === "picture_count" ? counts(words) : words.split(",")]));
}

const counts = (most) => Array.from({ length: Number(most) }, (_, index) => String(index + 1));
