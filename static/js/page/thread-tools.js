/** What is clicked in the thread besides the actions of its messages: to take words along, or to look at something. */

import { toggleFold } from "../helpers/block-tools.js";
import { codeBeside, latexAlone, wordsAround } from "../helpers/copied-words.js";
import { copy, putOnClipboard } from "../helpers/copy.js";
import { tellAt } from "../helpers/floating-note.js";
import { fetchPart } from "../helpers/loading.js";
import { phrase } from "../helpers/phrases.js";

/** A thread with so many questions has an outline. */
const LONG = 4;
const PICTURE = "a.picture";
const CLICKED = `[data-copy], [data-fold], [data-unsent], math, ${PICTURE}`;

export class ThreadTools {
  #transcript;
  #outline = document.querySelector(".chat__outline");

  constructor({ transcript }) {
    this.#transcript = transcript;
  }

  listen() {
    this.#transcript.addEventListener("click", (event) => this.#clicked(event, event.target.closest(CLICKED)));
    this.#transcript.addEventListener("keydown", ({ key, target }) => key === "Enter" && this.#entered(target));
    this.#transcript.addEventListener("changed", () => this.#offerOutline());
    this.#outline.addEventListener("click", () => this.#showOutline());
    this.#offerOutline();
  }

  #offerOutline() {
    const count = this.#transcript.querySelectorAll("chat-message[data-role=user]").length;
    this.#outline.hidden = count < LONG && !this.#transcript.querySelector("earlier-messages");
  }

  async #showOutline() {
    const loaded = await fetchPart(() => import("../elements/thread-outline.js"));
    loaded?.open();
  }

  #clicked(event, button) {
    if (!button) return;
    if (button.matches(PICTURE)) this.#look(event, button);
    else if (button.localName === "math") copyFormula(button);
    else if (button.dataset.unsent) this.#choose(button);
    else if ("fold" in button.dataset) this.#fold(button.closest(".code-block"));
    else copy(button.dataset.copy === "code" ? codeBeside(button) : wordsAround(button), button);
  }

  #entered(target) {
    const formula = target.matches(".math-block") && target.querySelector("math");
    if (formula) copyFormula(formula);
  }

  /** What shall become of a message that could not be sent. */
  #choose(button) {
    const detail = button.closest("chat-message").dataset.id;
    this.#transcript.dispatchEvent(new CustomEvent(button.dataset.unsent, { detail }));
  }

  /** A click that asks the browser for a new tab gets one. */
  async #look(event, link) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const loaded = await fetchPart(() => import("../elements/picture-viewer.js"));
    loaded?.open(link, [...this.#transcript.querySelectorAll(PICTURE)]);
  }

  /** The code stays in sight, although the button for it may go. */
  #fold(block) {
    const bar = block.querySelector(".code-block__bar");
    this.#transcript.hold(bar, () => toggleFold(block));
    if ("folded" in block.dataset) block.scrollIntoView({ block: "nearest" });
    else block.querySelector("pre").focus({ preventScroll: true });
  }
}

/** A click that ends a selection is none. */
async function copyFormula(formula) {
  if (!getSelection().isCollapsed) return;
  const isCopied = await putOnClipboard(latexAlone(formula));
  tellAt(formula, phrase(isCopied ? "formula.copied" : "copy-failed"));
}
