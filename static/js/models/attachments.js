/**
 * Files on their way into a message: chosen with the button, pasted, or dropped anywhere in the window.
 *
 * The tray that shows and uploads them comes with the first. Dispatches "changed" whenever there is
 * more or less to send, and when another model is to take it.
 */

import { focusForTyping } from "../helpers/keyboard.js";
import { fetchPart, withLater } from "../helpers/loading.js";

/** Pasted text above either is offered as a file. */
const [LONG_TEXT, MANY_LINES] = [3_000, 20];

export class Attachments extends EventTarget {
  #composer;
  #tray = null;
  #model;
  #pasted = null;
  #restoring = [];

  /** Whether the tray is being fetched: a message sent meanwhile would go without its files. */
  isLoading = false;

  /** Of this composer; `model` returns what is asked: its name and what it takes. */
  constructor(composer, model) {
    super();
    [this.#composer, this.#model] = [composer, model];
    const { attach, file, text } = composer.form.elements;
    attach.addEventListener("click", () => file.click());
    file.addEventListener("change", () => this.add(file.files));
    document.addEventListener("picture-taken", ({ detail }) => this.add([detail]));
    text.addEventListener("paste", (event) => this.#paste(event));
    for (const event of ["dragenter", "dragover", "dragleave", "drop"]) {
      addEventListener(event, (drag) => this.#drag(drag));
    }
  }

  get count() {
    return (this.#tray?.count ?? 0) + this.#restoring.length;
  }

  get isUploading() {
    return this.#restoring.length > 0 || Boolean(this.#tray?.isUploading);
  }

  /** Whether the chosen model takes everything that is here. */
  get isFitting() {
    return !this.#tray || this.#tray.isFitting;
  }

  /** What a draft keeps of them: {id, name, media_type, bytes}, and of those still on their way the name. */
  get kept() {
    return [...this.#restoring, ...(this.#tray?.kept ?? [])];
  }

  /** Resolves when nothing is on its way any more, with whether everything arrived. */
  async uploaded() {
    const { count } = this;
    await this.#bringBack();
    while (this.#tray?.isUploading) await this.#tray.uploaded;
    return this.#restoring.length === 0 && (this.#tray?.files.length ?? 0) === count;
  }

  /** Takes the files out, as the server describes them: they belong to a message now. */
  take() {
    return this.#tray?.take() ?? [];
  }

  /** Puts files back that the server has already; without a connection the script for it may be long in coming. */
  restore(files) {
    this.#restoring.push(...files);
    this.#bringBack();
  }

  /** Says what the model that is asked now does not take. */
  checkModel() {
    this.#tray?.checkAgainst(this.#model());
    this.#changed();
  }

  async #bringBack() {
    if (!this.#restoring.length) return;
    await this.#withTray((tray) => tray.restore(this.#restoring.splice(0))); // Where it does not come, sending tries again.
  }

  /** Keeps a text as a file; resolves with whether the server has it. Nothing is sent meanwhile. */
  async addText(text, name) {
    let tray = null;
    await this.#withTray((here) => (tray = here));
    const count = tray?.files.length;
    this.isLoading = true;
    tray?.add([new File([text], name, { type: "text/plain" })]);
    await tray?.uploaded;
    this.isLoading = false;
    this.#changed();
    return tray?.files.length > count;
  }

  /** Office programs put a picture of the text beside it: then the text is what was meant. */
  #paste(event) {
    const { files, types } = event.clipboardData;
    const text = event.clipboardData.getData("text/plain");
    if (text.length > LONG_TEXT || text.split("\n").length > MANY_LINES) this.#offer(text);
    if (!files.length || types.includes("text/plain")) return;
    event.preventDefault();
    this.add(files);
  }

  /** Of a long text that was pasted, a file can be made. */
  async #offer(text) {
    const { PastedText } = await withLater(() => import("./pasted-text.js"));
    this.#pasted ??= new PastedText(this.#composer, this);
    this.#pasted.offer(text);
  }

  /** What this page does not take, helpers/drops.js refuses. */
  #drag(event) {
    if (!event.dataTransfer.types.includes("Files") || this.#composer.text.disabled) return;
    event.preventDefault();
    const { relatedTarget } = event;
    const isInside = event.type !== "drop" && !(event.type === "dragleave" && !relatedTarget);
    this.#composer.closest(".chat").toggleAttribute("data-dropping", isInside);
    if (event.type === "drop") this.add(event.dataTransfer.files);
  }

  /** Takes files along with the next message. */
  add(files) {
    const chosen = [...files]; // The list empties itself with the field, which must be able to take the same file again.
    this.#composer.form.file.value = "";
    if (chosen.length) this.#withTray((tray) => tray.add(chosen)).then(() => focusForTyping(this.#composer.text));
  }

  async #withTray(use) {
    this.isLoading = true;
    const isHere = await fetchPart(() => import("../elements/file-tray.js")).finally(() => (this.isLoading = false));
    if (!isHere) return;
    this.#tray ??= this.#connect(this.#composer.querySelector("file-tray"));
    this.checkModel();
    use(this.#tray);
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
