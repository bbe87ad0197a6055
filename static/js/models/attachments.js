/**
 * Files on their way into a message: chosen with the button, pasted, or dropped anywhere on the chat.
 *
 * The tray that shows and uploads them comes with the first. Dispatches "changed" whenever there is
 * more or less to send, and when another model is to take it.
 */

import { focusForTyping } from "../helpers/keyboard.js";

export class Attachments extends EventTarget {
  #composer;
  #tray = null;
  #model;

  /** Whether the tray is being fetched: a message sent meanwhile would go without its files. */
  isLoading = false;

  /** Of this composer; `model` returns what is asked: its name and what it takes. */
  constructor(composer, model) {
    super();
    [this.#composer, this.#model] = [composer, model];
    const { attach, file, text } = composer.form.elements;
    attach.addEventListener("click", () => file.click());
    file.addEventListener("change", () => this.#attach(file.files));
    text.addEventListener("paste", (event) => this.#paste(event));
    for (const event of ["dragenter", "dragover", "dragleave", "drop"]) {
      composer.closest(".chat").addEventListener(event, (drag) => this.#drag(drag));
    }
  }

  get count() {
    return this.#tray?.count ?? 0;
  }

  get isUploading() {
    return Boolean(this.#tray?.isUploading);
  }

  /** Whether the chosen model takes everything that is here. */
  get isFitting() {
    return !this.#tray || this.#tray.isFitting;
  }

  /** Resolves when nothing is on its way any more, with whether everything arrived. */
  async uploaded() {
    const { count } = this;
    while (this.isUploading) await this.#tray.uploaded;
    return this.#tray.files.length === count;
  }

  /** Takes the files out, as the server describes them: they belong to a message now. */
  take() {
    return this.#tray?.take() ?? [];
  }

  /** Puts files back that the server has already. */
  restore(files) {
    if (files.length) this.#withTray((tray) => tray.restore(files));
  }

  /** Says what the model that is asked now does not take. */
  checkModel() {
    this.#tray?.checkAgainst(this.#model());
    this.#changed();
  }

  /** Office programs put a picture of the text beside it: then the text is what was meant. */
  #paste(event) {
    const { files, types } = event.clipboardData;
    if (!files.length || types.includes("text/plain")) return;
    event.preventDefault();
    this.#attach(files);
  }

  #drag(event) {
    if (!event.dataTransfer.types.includes("Files") || this.#composer.text.disabled) return;
    event.preventDefault();
    const { currentTarget: chat, relatedTarget } = event;
    const isInside = event.type !== "drop" && !(event.type === "dragleave" && !chat.contains(relatedTarget));
    chat.toggleAttribute("data-dropping", isInside);
    if (event.type === "drop") this.#attach(event.dataTransfer.files);
  }

  #attach(files) {
    const chosen = [...files]; // The list empties itself with the field, which must be able to take the same file again.
    this.#composer.form.file.value = "";
    if (chosen.length) this.#withTray((tray) => tray.add(chosen));
  }

  async #withTray(use) {
    this.isLoading = true;
    await import("../elements/file-tray.js").finally(() => (this.isLoading = false));
    this.#tray ??= this.#connect(this.#composer.querySelector("file-tray"));
    this.checkModel();
    use(this.#tray);
    focusForTyping(this.#composer.text);
  }

  #connect(tray) {
    tray.addEventListener("changed", () => this.#changed());
    tray.addEventListener("emptied", () => this.#composer.text.focus());
    return tray;
  }

  #changed() {
    this.dispatchEvent(new Event("changed"));
  }
}
