/** Which of several versions of a message stands here, and the way to the others. */

import { phrase } from "../helpers/phrases.js";
import { clone } from "../helpers/templates.js";

const STEPS = { previous: -1, next: 1 };
const KEYS = { ArrowLeft: "previous", ArrowRight: "next" };

class BranchSwitch extends HTMLElement {
  static observedAttributes = ["data-versions"];

  /** Where the reader went last: "previous" or "next". */
  direction = "";

  connectedCallback() {
    this.#update();
  }

  attributeChangedCallback() {
    this.#update();
  }

  /** For the sentence that says which one this is: {number} of {count}. */
  get values() {
    return { number: this.#versions.indexOf(this.#id) + 1, count: this.#versions.length };
  }

  focusOn(direction) {
    this.#update();
    this.querySelector(`[data-step=${direction}]`)?.focus({ preventScroll: true });
  }

  /** See models/branches.js. */
  settled(code) {
    this.ariaBusy = null;
    if (code) this.closest("chat-message").querySelector("message-actions").say(code);
  }

  get #id() {
    return this.closest("chat-message").dataset.id;
  }

  get #versions() {
    return this.dataset.versions.split(" ");
  }

  #update() {
    if (!this.isConnected || this.#versions.length < 2) return;
    if (!this.firstElementChild) this.#build();
    const { number, count } = this.values;
    this.querySelector(".switch__place").textContent = `${number}/${count}`;
    this.querySelector(".switch__words").textContent = phrase("version", this.values);
    this.querySelector("[data-step=previous]").ariaDisabled = String(number <= 1);
    this.querySelector("[data-step=next]").ariaDisabled = String(number >= count);
  }

  #build() {
    this.append(clone("switch-template"));
    this.addEventListener("click", ({ target }) => this.#go(target.closest("[data-step]")?.dataset.step));
    this.addEventListener("keydown", (event) => this.#keyDown(event));
    for (const look of ["pointerenter", "focusin"]) this.addEventListener(look, () => this.#tell());
  }

  async #tell() {
    if (this.closest("chat-message").dataset.role !== "assistant") return;
    const loaded = await import("../helpers/version-words.js").catch(() => null);
    await loaded?.tellVersions(this, this.#id, this.#versions);
  }

  #keyDown(event) {
    if (!KEYS[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.#go(KEYS[event.key]);
  }

  #go(direction) {
    const message = this.#versions[this.#versions.indexOf(this.#id) + STEPS[direction]];
    if (!message || this.ariaBusy) return;
    this.ariaBusy = "true";
    this.direction = direction;
    this.dispatchEvent(new CustomEvent("act", { bubbles: true, detail: { type: "branch.step", message } }));
  }
}

customElements.define("branch-switch", BranchSwitch);
