/** The questions of a long thread as a list that leads to each of them. */

import { placeBeside } from "../helpers/popover-position.js";
import { showAtTop } from "../helpers/showing.js";
import { clone } from "../helpers/templates.js";

const MOST_CHARACTERS = 200;

class ThreadOutline extends HTMLElement {
  #transcript = document.querySelector("chat-transcript");
  #button = document.querySelector(".chat__outline");

  connectedCallback() {
    this.addEventListener("click", ({ target }) => this.#clicked(target.closest("button")));
    this.addEventListener("toggle", ({ newState }) => (this.#button.ariaExpanded = String(newState === "open")));
  }

  /** At its own button's click it has just been closed. */
  open() {
    if (this.#button.ariaExpanded === "true") return;
    this.#fill();
    this.showPopover();
    placeBeside(this, this.#button);
    const current = this.querySelector("[aria-current]") ?? this.querySelector("[data-question]");
    current?.scrollIntoView({ block: "center" });
    current?.focus({ preventScroll: true });
  }

  #fill() {
    this.querySelector(".outline__earlier").hidden = !this.#earlier;
    const questions = [...this.#transcript.querySelectorAll("chat-message[data-role=user]")];
    const middle = this.#transcript.getBoundingClientRect().top + this.#transcript.clientHeight / 2;
    const current = questions.findLast((question) => question.getBoundingClientRect().top < middle);
    this.querySelector("ol").replaceChildren(...questions.map((question) => itemFor(question, question === current)));
  }

  get #earlier() {
    return this.#transcript.querySelector("earlier-messages");
  }

  async #clicked(button) {
    if (!button) return;
    if (!button.dataset.question) {
      await this.#earlier?.load?.();
      return this.#fill();
    }
    this.hidePopover();
    const question = this.#transcript.thread.find(button.dataset.question);
    if (question) showAtTop(question);
  }
}

customElements.define("thread-outline", ThreadOutline);

function itemFor(question, isCurrent) {
  const item = clone("outline-item-template");
  const button = item.querySelector("button");
  const files = [...question.querySelectorAll(".file__name, .picture__image")].map((file) => file.textContent || file.alt);
  button.textContent = (question.source.trim() || files.join(", ")).slice(0, MOST_CHARACTERS);
  button.dataset.question = question.dataset.id;
  if (isCurrent) button.setAttribute("aria-current", "true");
  return item;
}

/** Opens the page's outline. */
export function open() {
  const outline = document.querySelector("thread-outline") ?? document.body.appendChild(clone("thread-outline-template"));
  outline.open();
}
