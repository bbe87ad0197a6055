/** Where a message is written: keeps the draft, knows when Enter means "send", and says why something was not sent. */

import { forever } from "../helpers/keep.js";
import { phrase } from "../helpers/page.js";

const AFTER_COMPOSITION = 100;
const isTouch = matchMedia("(hover: none) and (pointer: coarse)");

class MessageComposer extends HTMLElement {
  #composedAt = -Infinity;
  #isSending = false;

  connectedCallback() {
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.text.addEventListener("input", () => this.#typed());
    this.text.addEventListener("keydown", (event) => this.#keyDown(event));
    this.text.addEventListener("keyup", () => (this.#composedAt = -Infinity));
    this.text.addEventListener("compositionend", ({ timeStamp }) => (this.#composedAt = timeStamp));
    this.form.stop.addEventListener("click", () => this.dispatchEvent(new CustomEvent("stop")));
    this.form.model?.addEventListener("change", ({ target }) => forever.set("model", target.value));
    this.#restore();
  }

  get form() {
    return this.querySelector("form");
  }

  get text() {
    return this.form.elements.text;
  }

  /** Whether a message is on its way (the next one waits for it), and whether a reply is being written. */
  show({ isSending, isRunning }) {
    this.#isSending = isSending;
    if (!isRunning && document.activeElement === this.form.stop) this.text.focus();
    this.form.stop.hidden = !isRunning;
    this.#update();
  }

  /** The conversation has its id now: the reader's choice of a team is made. */
  begin() {
    this.form.team?.remove();
  }

  /** Gives a text back that was not sent, before whatever has been written since. */
  giveBack(text, reason) {
    this.text.value = [text, this.text.value].filter(Boolean).join("\n\n");
    this.#typed();
    this.#say(reason);
    this.text.focus();
  }

  disable(reason) {
    this.text.disabled = true;
    this.#update();
    this.#say(reason);
  }

  #restore() {
    this.text.value ||= forever.get(this.#draft);
    const options = [...(this.form.model?.options ?? [])];
    const isNew = this.#draft === "draft:";
    if (isNew && options.some(({ value }) => value === forever.get("model"))) this.form.model.value = forever.get("model");
    this.#update();
    if (!isTouch.matches) this.text.focus({ preventScroll: true }); // On a phone that would open the keyboard.
  }

  get #draft() {
    return `draft:${document.getElementById("chat").dataset.conversation}`;
  }

  #typed() {
    forever.set(this.#draft, this.text.value);
    this.#say("");
    this.#update();
  }

  #keyDown(event) {
    if (event.key === "Escape" && !event.isComposing && !this.text.value && !this.form.stop.hidden) this.form.stop.click();
    if (event.key !== "Enter" || event.shiftKey || isTouch.matches || this.#isComposing(event)) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  /** Enter that chooses a candidate is not "send"; Safari says so only by a composition that ended just before. */
  #isComposing(event) {
    const hasJustEnded = event.timeStamp - this.#composedAt < AFTER_COMPOSITION;
    this.#composedAt = -Infinity;
    return event.isComposing || event.keyCode === 229 || hasJustEnded;
  }

  #submit(event) {
    event.preventDefault();
    const text = this.text.value;
    if (!text.trim() || this.#isSending || this.text.disabled || this.#isTooLong(text)) return;
    this.text.value = "";
    this.#typed();
    const detail = { text, model: this.form.model?.value, team: this.form.team?.value };
    this.dispatchEvent(new CustomEvent("send", { detail }));
    if (!isTouch.matches) this.text.focus();
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
    this.form.send.disabled = this.#isSending || this.text.disabled || !this.text.value.trim();
    if (CSS.supports("field-sizing", "content")) return;
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
  }
}

const number = (value) => value.toLocaleString(document.documentElement.lang);

customElements.define("message-composer", MessageComposer);
