/**
 * The files that go with the next message, uploaded in their order as soon as they are chosen. Dispatches "changed" whenever
 * there is more or less to send. A draft keeps what the server has; what was not sent for a day is gone, and the tray says so.
 */

import { objection, refusal } from "../helpers/file-refusal.js";
import { size } from "../helpers/formats.js";
import { capabilityFor } from "../helpers/media-types.js";
import { phrase } from "../helpers/phrases.js";
import { preview } from "../helpers/preview.js";
import { codeOf } from "../helpers/refused.js";
import { isSound, soundFile } from "../helpers/sound-file.js";
import { clone } from "../helpers/templates.js";
import { isGone, upload } from "../helpers/upload.js";
import { FileForms } from "../models/file-forms.js";
import { page } from "../models/page.js";

class FileTray extends HTMLElement {
  #stored = new Map();
  #leaving = new Map();
  #queue = Promise.resolve();
  #model = { name: "", takes: [] };
  #problems = [];
  #forms = new FileForms(this);

  /** What the server has of them, in the order in which they are shown. */
  get files() {
    return this.#items.map((item) => this.#stored.get(item)).filter(Boolean);
  }

  /** What a draft keeps of them; of those that are not there yet only the name. */
  get kept() {
    return this.#items.map((item) => this.#stored.get(item) ?? { name: item.querySelector(".tray__name").textContent });
  }

  get count() {
    return this.#items.length;
  }

  get isUploading() {
    return this.#leaving.size > 0;
  }

  /** Whether the chosen model takes everything that is here. */
  get isFitting() {
    return this.#objections.length === 0;
  }

  /** When nothing is on its way any more. */
  get uploaded() {
    return this.#queue;
  }

  /** Takes what it can of these and says why it does not take the rest; a sound that the model does not hear becomes words. */
  add(files) {
    this.#problems = [];
    const { name, takes } = this.#model; // Without a name it is for people.
    const voice = name && takes.includes("sounds") ? null : this.closest("message-composer").querySelector("voice-input");
    const spoken = files.filter((file) => voice && isSound(file));
    if (spoken.length) customElements.whenDefined("voice-input").then(() => voice.take(spoken));
    for (const file of files.filter((one) => !spoken.includes(one))) {
      const reason = refusal(file, this.#items.length, this.dataset, this.#model);
      if (reason) this.#problems.push(reason);
      else this.#upload(file, this.#show(file.name, file.size, file.type, URL.createObjectURL(file)));
    }
    this.#changed();
  }

  /** Shows files that the server has already: a draft kept them, or a message that held them was not taken. */
  restore(files) {
    this.#problems = files.filter(({ id }) => !id).map(({ name }) => phrase("file.left_behind", { name }));
    for (const file of files.filter(({ id }) => id)) {
      const item = this.#show(file.name, file.bytes, file.media_type, page.api.file(file.id));
      this.#own(item, file);
      this.#check(item, file);
    }
    this.#changed();
  }

  /** What is here belongs to a message now. */
  take() {
    const files = this.files;
    for (const item of this.#items) this.#remove(item);
    this.#problems = [];
    this.#changed();
    return files;
  }

  /** Says what of it the model that is to read it does not take; `model` is its name and what it takes. */
  checkAgainst(model) {
    this.#model = model;
    this.#say();
  }

  get #items() {
    return [...this.querySelectorAll(".tray__file")];
  }

  get #objections() {
    const bound = this.#items.filter((item) => item.dataset.kind !== "documents" || this.#stored.get(item)?.text_tokens === null);
    const kinds = new Set(bound.map(({ dataset }) => dataset.kind));
    return [...kinds].filter((kind) => !this.#model.takes.includes(kind)).map((kind) => objection(kind, this.dataset, this.#model));
  }

  #show(name, bytes, mediaType, picture) {
    const item = clone("tray-file-template");
    item.dataset.kind = capabilityFor(mediaType);
    item.querySelector(".tray__name").textContent = name;
    item.querySelector(".tray__size").textContent = size(bytes);
    preview(item.querySelector("img"), picture, item.dataset.kind === "images");
    const remove = item.querySelector("button");
    remove.title = remove.ariaLabel = phrase("file.remove", { name });
    remove.addEventListener("click", () => this.#dismiss(item));
    this.querySelector(".tray__files").append(item);
    return item;
  }

  async #check(item, { id, name }) {
    if (!(await isGone(id)) || !this.#stored.has(item)) return;
    this.#problems.push(phrase("file.gone", { name }));
    this.#remove(item);
    this.#changed();
  }

  #upload(file, item) {
    const leaving = new AbortController();
    this.#leaving.set(item, leaving);
    item.querySelector("progress").hidden = false;
    this.#queue = this.#queue.then(() => this.#send(file, item, leaving.signal));
  }

  async #send(file, item, signal) {
    const bar = item.querySelector("progress");
    try {
      const sent = await soundFile(file, this.dataset.bytes);
      if (!signal.aborted) this.#keep(item, await upload(sent, (share) => (bar.value = share), signal));
    } catch (error) {
      const code = codeOf(error);
      if (!signal.aborted) this.#failed(item, file, code);
    } finally {
      bar.hidden = true;
      this.#leaving.delete(item);
      this.#changed();
    }
  }

  #keep(item, stored) {
    this.#own(item, stored);
    if (stored.cut) this.#problems.push(phrase("file.cut", { name: stored.name }));
    if (Number.isFinite(stored.left)) this.#problems.push(phrase("file.left", { left: size(stored.left) }));
  }

  #own(item, stored) {
    this.#stored.set(item, stored);
    item.dataset.file = stored.id;
  }

  #failed(item, { name }, code) {
    const values = { name, limit: this.dataset.bytes / 2 ** 20 };
    this.#problems.push(phrase(`file.${code}`, values) || phrase("file.lost", values));
    this.#remove(item);
  }

  /** The focus goes to the neighbour: who works by keyboard does not lose their place. */
  #dismiss(item) {
    const neighbour = item.nextElementSibling ?? item.previousElementSibling;
    this.#problems = [];
    this.#remove(item);
    this.#changed();
    if (neighbour) neighbour.querySelector("button").focus();
    else this.dispatchEvent(new CustomEvent("emptied"));
  }

  #remove(item) {
    this.#leaving.get(item)?.abort();
    this.#stored.delete(item);
    item.remove();
  }

  #changed() {
    this.#say();
    this.dispatchEvent(new CustomEvent("changed"));
  }

  #say() {
    const notice = this.querySelector(".tray__notice");
    const sentences = [...new Set([...this.#problems, ...this.#objections])];
    notice.textContent = sentences.join(" ");
    notice.hidden = sentences.length === 0;
    this.hidden = this.count === 0 && notice.hidden;
  }
}

customElements.define("file-tray", FileTray);
