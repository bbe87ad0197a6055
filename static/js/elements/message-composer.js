/** Where a message is written: keeps the draft, knows when Enter means "send", and says why something was not sent. */

import { forever } from "../helpers/keep.js";
import { phrase } from "../helpers/page.js";
import { draftKey, returnedKey } from "../models/outbox.js";

const AFTER_COMPOSITION = 100;
const isTouch = matchMedia("(hover: none) and (pointer: coarse)");

/** When Enter means "send": not with Shift, not on a phone's keyboard, and not where it chooses a candidate. */
export class SendKey {
  #composedAt = -Infinity;

  listenTo(text) {
    text.addEventListener("keyup", () => (this.#composedAt = -Infinity));
    text.addEventListener("compositionend", ({ timeStamp }) => (this.#composedAt = timeStamp));
  }

  isMeant(event) {
    return event.key === "Enter" && !event.shiftKey && !isTouch.matches && !this.#isComposing(event);
  }

  /** Safari says that Enter chose a candidate only by a composition that ended just before. */
  #isComposing(event) {
    const hasJustEnded = event.timeStamp - this.#composedAt < AFTER_COMPOSITION;
    this.#composedAt = -Infinity;
    return event.isComposing || event.keyCode === 229 || hasJustEnded;
  }
}

class MessageComposer extends HTMLElement {
  #sendKey = new SendKey();
  #isWaiting = false;
  #tray = null;
  #panel = null;

  connectedCallback() {
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.text.addEventListener("input", () => this.#typed());
    if (this.querySelector("cost-hint")) this.text.addEventListener("input", () => import("./cost-hint.js").catch(() => {})); // Or with the next letter.
    this.text.addEventListener("keydown", (event) => this.#keyDown(event));
    this.#sendKey.listenTo(this.text);
    this.form.stop.addEventListener("click", () => this.dispatchEvent(new CustomEvent("stop")));
    this.form.model?.addEventListener("change", () => this.#chooseModel());
    this.form.team?.addEventListener("change", () => this.#chooseTeam());
    this.form.tune.addEventListener("click", () => this.#tune());
    this.form.several?.addEventListener("click", () => this.#compare());
    this.#listenForFiles(document.getElementById("chat"));
    this.#restore();
  }

  get form() {
    return this.querySelector("form");
  }

  get text() {
    return this.form.elements.text;
  }

  /** Whether a reply is being written. */
  show({ isRunning }) {
    if (!isRunning && document.activeElement === this.form.stop) this.text.focus();
    this.form.stop.hidden = !isRunning;
    this.#update();
  }

  /** The conversation has its id now: the reader's choice of a team is made. */
  begin() {
    this.form.team?.remove();
    forever.set(draftKey(this.#page.person, ""), "");
    forever.set(this.#draft, this.text.value);
  }

  /** Gives a message back that was not sent, before whatever has been written since; `code` says why, if it was refused. */
  giveBack({ text, files, code }) {
    this.text.value = [text, this.text.value].filter(Boolean).join("\n\n");
    this.text.dispatchEvent(new Event("input", { bubbles: true })); // As if typed: what it would cost is asked anew.
    this.#explain({ files, code });
    this.text.focus();
  }

  #explain({ files, code }) {
    if (files.length) this.#withTray((tray) => tray.restore(files));
    if (code) this.#say(phrase(`refused.${code}`) || phrase("refused"));
  }

  disable(reason) {
    this.text.disabled = true;
    this.#update();
    this.#say(reason);
  }

  #restore() {
    this.text.value = forever.get(this.#draft) || this.text.value;
    this.#restoreReturned();
    addEventListener("storage", ({ key, newValue }) => key === this.#draft && this.#typedElsewhere(newValue ?? ""));
    const options = [...(this.form.model?.options ?? [])];
    if (!this.#page.conversation && options.some(({ value }) => value === forever.get("model"))) this.form.model.value = forever.get("model");
    this.#update();
    if (!isTouch.matches) this.text.focus({ preventScroll: true }); // On a phone that would open the keyboard.
  }

  /** A message was refused while nobody looked at this conversation. */
  #restoreReturned() {
    const key = returnedKey(this.#page.person, this.#page.conversation);
    const returned = forever.get(key);
    forever.set(key, "");
    if (returned) this.#explain(JSON.parse(returned));
  }

  #typedElsewhere(text) {
    this.text.value = text;
    this.#update();
  }

  #chooseModel() {
    forever.set("model", this.form.model.value);
    this.#tray?.suit(this.#model);
    this.#update();
  }

  /** A team may have a model of its own, which is offered first. */
  #chooseTeam() {
    const { model } = this.form.team.selectedOptions[0].dataset;
    if (![...this.form.model.options].some(({ value }) => value === model)) return;
    this.form.model.value = model;
    this.#tray?.suit(this.#model);
    this.#update();
  }

  /** The options of the models that are asked: those that are compared, or the one chosen. */
  get #models() {
    const { options, selectedOptions } = this.form.model ?? { options: [], selectedOptions: [] };
    const compared = [...this.querySelectorAll("[name=compare]:checked")].map(({ value }) => value);
    return compared.length > 1 ? [...options].filter(({ value }) => compared.includes(value)) : [...selectedOptions];
  }

  /** What all of them take. */
  get #model() {
    const models = this.#models;
    const takes = inAll(models.map(({ dataset }) => dataset.takes.split(" ")));
    return { name: models.map(({ textContent }) => textContent).join(" · "), takes };
  }

  /** Whether the model is asked in another way than it likes best. */
  showTuned(isTuned) {
    this.form.tune.toggleAttribute("data-set", isTuned);
  }

  async #tune() {
    await import("./parameter-panel.js");
    if (!this.#panel) {
      this.#panel = this.querySelector("parameter-panel");
      this.#panel.addEventListener("changed", () => this.showTuned(this.#panel.isSet));
    }
    this.#panel.open(this.#models.map(({ dataset }) => dataset.knows));
  }

  async #compare() {
    await import("./model-comparison.js");
    this.querySelector("model-comparison").open(this.form.model);
  }

  /** Files come by the button, from the clipboard, and dropped anywhere on the chat. */
  #listenForFiles(chat) {
    const { attach, file } = this.form;
    attach.addEventListener("click", () => file.click());
    file.addEventListener("change", () => this.#attach(file.files));
    this.text.addEventListener("paste", (event) => this.#paste(event));
    for (const event of ["dragenter", "dragover", "dragleave", "drop"]) {
      chat.addEventListener(event, (drag) => this.#drag(drag, chat));
    }
  }

  /** Office programs put a picture of the text beside it: then the text is what was meant. */
  #paste(event) {
    const { files, types } = event.clipboardData;
    if (!files.length || types.includes("text/plain")) return;
    event.preventDefault();
    this.#attach(files);
  }

  #drag(event, chat) {
    if (!event.dataTransfer.types.includes("Files") || this.text.disabled) return;
    event.preventDefault();
    const isInside = event.type !== "drop" && !(event.type === "dragleave" && !chat.contains(event.relatedTarget));
    chat.toggleAttribute("data-dropping", isInside);
    if (event.type === "drop") this.#attach(event.dataTransfer.files);
  }

  #attach(files) {
    const chosen = [...files]; // The list empties itself with the field, which must be able to take the same file again.
    this.form.file.value = "";
    if (chosen.length) this.#withTray((tray) => tray.add(chosen));
  }

  /** Nothing is sent while the tray comes: the message would go without its files. */
  async #withTray(use) {
    this.#isWaiting = true;
    await import("./file-tray.js").finally(() => (this.#isWaiting = false));
    if (!this.#tray) {
      this.#tray = this.querySelector("file-tray");
      this.#tray.addEventListener("changed", () => this.#update());
      this.#tray.addEventListener("emptied", () => this.text.focus());
    }
    this.#tray.suit(this.#model);
    use(this.#tray);
    if (!isTouch.matches) this.text.focus();
  }

  get #draft() {
    return draftKey(this.#page.person, this.#page.conversation);
  }

  get #page() {
    return document.getElementById("chat").dataset;
  }

  #typed() {
    forever.set(this.#draft, this.text.value);
    this.#say("");
    this.#update();
  }

  #keyDown(event) {
    if (event.key === "Escape" && !event.isComposing && !this.text.value && !this.form.stop.hidden) this.form.stop.click();
    if (!this.#sendKey.isMeant(event)) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    const text = this.text.value;
    if (!this.#isReady || this.#isTooLong(text)) return;
    if (this.#tray?.isUploading) return this.#submitLater(this.#tray);
    if (this.#panel?.isWaiting) return this.#submitAfterBeginning(this.#panel);
    const files = this.#tray?.take() ?? [];
    this.text.value = "";
    this.#typed();
    const models = this.#models.map(({ value }) => value);
    const detail = { text: text.trim() ? text : "", files, models, team: this.form.team?.value };
    this.dispatchEvent(new CustomEvent("send", { detail }));
    if (!isTouch.matches) this.text.focus();
  }

  /** What was sent goes as soon as its files are there; one that is refused leaves the rest to the person. */
  async #submitLater(tray) {
    this.#isWaiting = true;
    this.#update();
    const { length } = tray.querySelectorAll(".tray__file");
    while (tray.isUploading) await tray.settled;
    this.#isWaiting = false;
    this.#update();
    if (tray.files.length === length) this.form.requestSubmit();
  }

  /** The first reply must know the settings already, so they need a conversation before it is asked for. */
  async #submitAfterBeginning(panel) {
    const [model, team] = [this.form.model?.value, this.form.team?.value];
    this.#isWaiting = true;
    this.#update();
    try {
      this.dispatchEvent(new CustomEvent("begun", { detail: await panel.begin({ model, team }) }));
    } catch (refusal) {
      if (!refusal.code) throw refusal;
      const { sentence } = await import("../helpers/parameters.js");
      this.#say(sentence(refusal));
    } finally {
      this.#isWaiting = false;
      this.#update();
    }
    if (!panel.isWaiting) this.form.requestSubmit();
  }

  get #isReady() {
    if (this.#isWaiting || this.text.disabled || this.#tray?.isFitting === false) return false;
    return this.#tray?.isEmpty === false || Boolean(this.text.value.trim());
  }

  #isTooLong(text) {
    const limit = Number(this.dataset.limit);
    const count = text.length > limit ? [...text].length : text.length; // The limit counts characters, not UTF-16 units.
    if (count > limit) this.#say(phrase("refused.too_long", { count: number(count), limit: number(limit) }));
    return count > limit;
  }

  #say(sentence) {
    const notice = this.querySelector(".composer__notice");
    notice.textContent = sentence;
    notice.hidden = !sentence;
  }

  #update() {
    this.form.send.disabled = !this.#isReady;
    this.form.send.toggleAttribute("data-waiting", this.#isWaiting);
    if (CSS.supports("field-sizing", "content")) return;
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
  }
}

const inAll = ([first = [], ...others]) => first.filter((name) => others.every((names) => names.includes(name)));
const number = (value) => value.toLocaleString(document.documentElement.lang);

customElements.define("message-composer", MessageComposer);
