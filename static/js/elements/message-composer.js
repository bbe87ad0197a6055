/** Where a message is written: keeps the draft, sends it, and says why something was not sent. */

import { number } from "../helpers/formats.js";
import { focusForTyping, SendKey } from "../helpers/keyboard.js";
import { fetchElement } from "../helpers/loading.js";
import { phrase } from "../helpers/phrases.js";
import { Attachments } from "../models/attachments.js";
import { Draft } from "../models/draft.js";
import { ModelChoice } from "../models/model-choice.js";
import { page } from "../models/page.js";

class MessageComposer extends HTMLElement {
  form = this.querySelector("form");
  text = this.form.elements.text;
  #sendKey = new SendKey(this.text);
  #models = new ModelChoice(this);
  #attachments = new Attachments(this, () => this.#models.common);
  #panel = null;
  #isPreparing = false;

  connectedCallback() {
    const { form, text } = this;
    form.addEventListener("submit", (event) => this.#submit(event));
    text.addEventListener("input", () => this.#typed());
    if (this.querySelector("cost-hint")) text.addEventListener("input", fetchCostHint);
    text.addEventListener("keydown", (event) => this.#keyDown(event));
    form.stop.addEventListener("click", () => this.dispatchEvent(new CustomEvent("stop")));
    form.tune.addEventListener("click", () => this.#tune());
    this.#models.addEventListener("changed", () => this.#attachments.checkModel());
    this.#attachments.addEventListener("changed", () => this.#update());
    addEventListener("storage", ({ key, newValue }) => this.#draft.isAt(key) && this.#typedElsewhere(newValue ?? ""));
    this.#fill();
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
    new Draft("").text = "";
    this.#draft.text = this.text.value;
  }

  /** Puts a message back that was not sent, before whatever has been written since; `code` says why, if it was refused. */
  restore({ text, files, code }) {
    this.text.value = [text, this.text.value].filter(Boolean).join("\n\n");
    this.text.dispatchEvent(new Event("input", { bubbles: true })); // As if typed: what it would cost is asked anew.
    this.#explain({ files, code });
    this.text.focus();
  }

  disable(reason) {
    this.text.disabled = true;
    this.#update();
    this.#say(reason);
  }

  /** Whether the model is asked in another way than it likes best. */
  showTuned(isTuned) {
    this.form.tune.toggleAttribute("data-set", isTuned);
  }

  get #draft() {
    return new Draft(page.conversation);
  }

  #fill() {
    this.text.value = this.#draft.text || this.text.value;
    const returned = this.#draft.takeReturned();
    if (returned) this.#explain(returned);
    this.#models.restore();
    this.#update();
    focusForTyping(this.text, { preventScroll: true });
  }

  #explain({ files, code }) {
    this.#attachments.restore(files);
    if (code) this.#say(phrase(`refused.${code}`) || phrase("refused"));
  }

  #typedElsewhere(text) {
    this.text.value = text;
    this.#update();
  }

  #typed() {
    this.#draft.text = this.text.value;
    this.#say("");
    this.#update();
  }

  #keyDown(event) {
    if (event.key === "Escape" && !event.isComposing && !this.text.value && !this.form.stop.hidden) this.form.stop.click();
    if (!this.#sendKey.isMeant(event)) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  async #tune() {
    await import("./parameter-panel.js");
    if (!this.#panel) {
      this.#panel = this.querySelector("parameter-panel");
      this.#panel.addEventListener("changed", () => this.showTuned(this.#panel.isSet));
    }
    this.#panel.open(this.#models.knows);
  }

  #submit(event) {
    event.preventDefault();
    const text = this.text.value;
    if (!this.#isReady || this.#isTooLong(text)) return;
    if (this.#attachments.isUploading) return this.#submitAfterUploads();
    if (this.#panel?.isWaiting) return this.#submitAfterBeginning();
    const files = this.#attachments.take();
    this.text.value = "";
    this.#typed();
    const detail = { text: text.trim() ? text : "", files, models: this.#models.ids, team: this.form.team?.value };
    this.dispatchEvent(new CustomEvent("send", { detail }));
    focusForTyping(this.text);
  }

  /** What was sent goes as soon as its files are there; one that is refused leaves the rest to the person. */
  async #submitAfterUploads() {
    const areThere = await this.#prepare(() => this.#attachments.uploaded());
    if (areThere) this.form.requestSubmit();
  }

  /** The first reply must know the settings already, so they need a conversation before it is asked for. */
  async #submitAfterBeginning() {
    const choice = { model: this.#models.chosen, team: this.form.team?.value };
    await this.#prepare(async () => {
      try {
        this.dispatchEvent(new CustomEvent("begun", { detail: await this.#panel.begin(choice) }));
      } catch (error) {
        const { sentence } = await import("../helpers/parameters.js");
        this.#say(sentence(error));
      }
    });
    if (!this.#panel.isWaiting) this.form.requestSubmit();
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
    if (this.#isWaiting || this.text.disabled || !this.#attachments.isFitting) return false;
    return this.#attachments.count > 0 || Boolean(this.text.value.trim());
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

function fetchCostHint() {
  fetchElement("cost-hint", () => import("./cost-hint.js"));
}

customElements.define("message-composer", MessageComposer);
