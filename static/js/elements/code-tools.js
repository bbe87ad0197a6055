/** Tools of one block of code, beside what copies it: its page or drawing, line numbers, wrapping, the code as a file. */

import { nameOfCode } from "../helpers/code-names.js";
import { canBeShown, load, previewFrame } from "../helpers/code-preview.js";
import { codeBeside } from "../helpers/copied-words.js";
import { save } from "../helpers/saving.js";
import { forever } from "../helpers/storage.js";
import { clone } from "../helpers/templates.js";

const NUMBERED = "code-numbers";

class CodeTools extends HTMLElement {
  #acts = { preview: () => this.#preview(), numbers: () => this.#number(), wrap: () => this.#wrap(), download: () => this.#download() };

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(clone("code-tools-template"));
    this.#button("[data-fold]").hidden = !this.#block.dataset.lines;
    this.#button("[data-fold]").ariaExpanded = String(!("folded" in this.#block.dataset));
    this.#button("[data-tool=preview]").hidden = !canBeShown(this.#language, codeBeside(this));
    this.addEventListener("click", ({ target }) => this.#acts[target.closest("[data-tool]")?.dataset.tool]?.());
    this.showNumbers();
  }

  /** Numbers the lines if the reader wishes it, unless they are wrapped. */
  showNumbers() {
    const isWrapped = "wrap" in this.#block.dataset;
    const isNumbered = Boolean(forever.get(NUMBERED)) && !isWrapped;
    this.#block.querySelector(".code-block__numbers")?.remove();
    this.#block.toggleAttribute("data-numbered", isNumbered);
    if (isNumbered) this.#block.querySelector("pre").after(numbersOf(codeBeside(this)));
    this.#button("[data-tool=numbers]").ariaPressed = String(isNumbered);
    this.#button("[data-tool=wrap]").ariaPressed = String(isWrapped);
  }

  get #language() {
    return this.parentElement.querySelector(".code-block__language")?.textContent ?? "";
  }

  get #block() {
    return this.closest(".code-block");
  }

  #button(place) {
    return this.querySelector(place);
  }

  /** Shows what the code describes in its place, or the code again. */
  #preview() {
    const button = this.#button("[data-tool=preview]");
    const isShown = button.ariaPressed === "true";
    button.ariaPressed = String(!isShown);
    this.closest("chat-transcript").hold(this, () => this.#block.toggleAttribute("data-preview", !isShown));
    this.#block.querySelector("iframe")?.remove();
    if (isShown) return;
    const frame = previewFrame(button.title);
    this.#block.append(frame);
    load(frame, button.dataset.address, codeBeside(this));
  }

  /** The choice holds for all code in this browser; code that is wrapped has no numbers until it is no longer. */
  #number() {
    const isWanted = this.#button("[data-tool=numbers]").ariaPressed === "false";
    if (isWanted) this.closest("chat-transcript").hold(this, () => delete this.#block.dataset.wrap);
    forever.set(NUMBERED, isWanted ? "1" : "");
    for (const tools of document.querySelectorAll("code-tools")) tools.showNumbers();
  }

  #wrap() {
    this.closest("chat-transcript").hold(this, () => {
      this.#block.toggleAttribute("data-wrap");
      this.showNumbers();
    });
  }

  #download() {
    save(`${codeBeside(this)}\n`, nameOfCode(this.#language, document.querySelector(".chat__title").textContent));
  }
}

customElements.define("code-tools", CodeTools);

function numbersOf(code) {
  const numbers = Object.assign(document.createElement("span"), { className: "code-block__numbers", ariaHidden: "true" });
  numbers.textContent = code.split("\n").map((_, index) => index + 1).join("\n");
  return numbers;
}
