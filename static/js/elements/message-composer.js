/** Where a message is written: keeps the draft, sends it, and says why something was not sent. */

import { fitHeight, putBefore } from "../helpers/fields.js";
import { number } from "../helpers/formats.js";
import { focusForTyping, isSendKey } from "../helpers/keyboard.js";
import { fetchElement } from "../helpers/loading.js";
import { newPlace } from "../helpers/new-place.js";
import { phrase } from "../helpers/phrases.js";
import { Attachments } from "../models/attachments.js";
import { Draft } from "../models/drafts.js";
import { LongText } from "../models/long-text.js";
import { ModelChoice } from "../models/model-choice.js";
import { page } from "../models/page.js";
import { Tuning } from "../models/tuning.js";

class MessageComposer extends HTMLElement {
  form = this.querySelector("form");
  text = this.form.elements.text;
  models = new ModelChoice(this);
  draft = new Draft(page.conversation);
  #attachments = new Attachments(this, () => this.models.common);
  #tuning = new Tuning(this);
  #longText = new LongText(this);
  #isPreparing = false;

  connectedCallback() {
    const { form, text } = this;
    form.addEventListener("submit", (event) => this.#submit(event));
    text.addEventListener("input", () => this.#typed());
    if (this.querySelector("cost-hint")) text.addEventListener("input", () => fetchElement("cost-hint", () => import("./cost-hint.js")));
    text.addEventListener("keydown", (event) => this.#keyDown(event));
    form.stop.addEventListener("click", () => this.dispatchEvent(new CustomEvent("stop", { detail: {} })));
    this.models.addEventListener("changed", () => this.#attachments.checkModel());
    this.#attachments.addEventListener("changed", () => this.#changed());
    this.draft.addEventListener("returned", () => this.#restoreAll(this.draft.takeReturned()));
    this.filled = this.#fill();
  }

  /** Whether nothing is written here that waits to be sent. */
  get isBlank() {
    return !this.text.value.trim() && !this.#attachments.count;
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
    this.draft.moveTo(page.conversation);
  }

  /** Sends what was written and sent with Enter before the scripts came, unless a draft stands before it. */
  sendEarly() {
    const { early } = this.form.dataset;
    if (isSendKey({ key: "Enter" }) && this.text.value.trimEnd() === early?.trimEnd()) this.form.requestSubmit();
  }

  /** Puts a message back that was not sent, before whatever has been written since; `code` says why, if it was refused. */
  restore({ text, files, code }) {
    putBefore(this.text, text);
    this.text.dispatchEvent(new Event("input", { bubbles: true })); // As if typed: what it would cost is asked anew.
    this.#attachments.restore(files);
    if (code) this.#say(phrase(`refused.${code}`) || phrase("refused"));
    focusForTyping(this.text);
  }

  /** Nobody can write here for this reason; with an empty one they can again. */
  disable(reason) {
    this.text.disabled = Boolean(reason);
    this.#update();
    this.#say(reason);
  }

  /** Whether the model is asked in another way than it likes best, and may search the web. */
  showTuned(state) {
    this.#tuning.show(state);
  }

  async #fill() {
    focusForTyping(this.text, { preventScroll: true });
    this.#show(this.draft.kept, this.draft.takeReturned());
    this.models.restore(); // Behind the draft: another model has all that stands here kept.
    if (!this.isBlank) return;
    const left = await this.draft.takeOver();
    if (left) this.#show(left, left.returned);
  }

  /** Puts what was kept before what was typed meanwhile, even before the scripts came. */
  #show({ text, files }, returned) {
    putBefore(this.text, text);
    this.#attachments.restore(files);
    this.#changed();
    this.#restoreAll(returned);
  }

  /** The oldest comes to stand first. */
  #restoreAll(messages) {
    for (const message of messages.reverse()) this.restore(message);
  }

  #typed() {
    this.#changed();
    this.#say("");
  }

  #changed() {
    this.draft.keep({ text: this.text.value, files: this.#attachments.kept });
    this.models.addressees.read();
    this.#update();
  }

  #keyDown(event) {
    if (this.#longText.takes(event)) return;
    if (event.key === "Escape" && !this.text.value) this.dispatchEvent(new CustomEvent("stop", { detail: { ownOnly: true } }));
    if (!isSendKey(event)) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    const text = this.text.value;
    if (!this.#isReady || this.isTooLong(text)) return;
    if (this.#attachments.isUploading) return this.#submitAfter(() => this.#attachments.uploaded());
    if (this.models.addressees.isUnsure) return this.#submitAfter(() => this.models.addressees.settle());
    if (this.#tuning.isPending) return this.#submitAfterTuning();
    const detail = { text: text.trim() ? text : "", files: this.#attachments.take(), ...this.models.said, ...newPlace() };
    this.text.value = "";
    this.#typed();
    this.#longText.close();
    this.dispatchEvent(new CustomEvent("send", { detail }));
    this.models.askOne();
    focusForTyping(this.text);
  }

  /** What was sent goes as soon as its files are there; one that is refused leaves the rest to the person. */
  async #submitAfter(work) {
    if (await this.#prepare(work)) this.form.requestSubmit();
  }

  async #submitAfterTuning() {
    await this.#prepare(async () => {
      try {
        const begun = await this.#tuning.settle({ model: this.models.chosen, ...newPlace() });
        if (begun) this.dispatchEvent(new CustomEvent("begun", { detail: begun }));
      } catch (error) {
        const { sentence } = await import("../helpers/parameters.js");
        this.#say(sentence(error));
      }
    });
    if (!this.#tuning.isPending) this.form.requestSubmit();
  }

  /** Does what must come before a message is sent, and lets nobody send it meanwhile. */
  async #prepare(act) {
    this.#isPreparing = true;
    this.#update();
    try {
      return await act();
    } finally {
      this.#isPreparing = false;
      this.#update();
    }
  }

  get #isWaiting() {
    return this.#isPreparing || this.#attachments.isLoading;
  }

  get #isReady() {
    return !this.#isWaiting && !this.text.disabled && this.#attachments.isFitting && !this.isBlank;
  }

  /** Whether a text is too long to be sent; if so, it is said. */
  isTooLong(text) {
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
    fitHeight(this.text);
  }
}

customElements.define("message-composer", MessageComposer);
