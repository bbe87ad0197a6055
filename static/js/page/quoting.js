/**
 * A selection of the thread's words can be quoted where a message is written, or remarked on: by buttons beside it, or by
 * Alt and Q, Alt and R.
 */

import { selectedText } from "../helpers/copied-words.js";
import { placeBeside } from "../helpers/popover-position.js";
import { append, quoted } from "../helpers/quoted.js";
import { clone } from "../helpers/templates.js";
import { page } from "../models/page.js";

const QUIET = 300;

export class Quoting {
  #chat;
  #transcript;
  #composer;
  #offered = null;
  #timer = 0;
  #isDragging = false;

  constructor(chat) {
    this.#chat = chat;
    [this.#transcript, this.#composer] = [chat.transcript, chat.composer];
  }

  listen() {
    document.addEventListener("selectionchange", () => this.#wait());
    document.addEventListener("pointerdown", ({ pointerType }) => (this.#isDragging = pointerType === "mouse"));
    document.addEventListener("pointerup", () => (this.#isDragging = false) || this.#wait());
    document.addEventListener("keydown", (event) => this.#keyDown(event));
    this.#transcript.addEventListener("scroll", () => this.#hide(), { passive: true });
    this.#wait(); // Its script comes with the first selection.
  }

  get #isOffered() {
    return Boolean(this.#offered?.matches(":popover-open"));
  }

  /** Whether words of a message are selected, and may be written of. */
  get #isQuotable() {
    const { anchorNode, isCollapsed } = getSelection();
    if (isCollapsed || !this.#transcript.contains(anchorNode)) return false;
    return Boolean(this.#composer && !this.#composer.text.disabled && anchorNode.parentElement.closest(".message__body"));
  }

  /** The message of which all selected words are, if it has ended and its reader may remark; else null. */
  get #remarkable() {
    const { anchorNode, focusNode, isCollapsed } = getSelection();
    if (isCollapsed || !page.canRemark || !this.#transcript.contains(anchorNode)) return null;
    const [one, other] = [anchorNode, focusNode].map((node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement).closest(".message__body"));
    const message = one?.closest("chat-message");
    return one === other && message && !message.isUnderWay && message.dataset.status !== "sending" ? message : null;
  }

  get #isPossible() {
    return this.#isQuotable || Boolean(this.#remarkable);
  }

  /** A selection that is being made is none yet. */
  #wait() {
    clearTimeout(this.#timer);
    if (!this.#isPossible) this.#hide();
    else if (!this.#isDragging) this.#timer = setTimeout(() => this.#isPossible && this.#offer(), QUIET);
  }

  #offer() {
    if (!this.#offered) {
      this.#offered = document.body.appendChild(clone("selection-offer-template"));
      this.#offered.addEventListener("pointerdown", (event) => event.preventDefault()); // The selection stays.
      this.#offered.querySelector("[name=quote]").addEventListener("click", () => this.#quote());
      this.#offered.querySelector("[name=remark]").addEventListener("click", () => this.#remark());
    }
    this.#offered.querySelector("[name=quote]").hidden = !this.#isQuotable;
    this.#offered.querySelector("[name=remark]").hidden = !this.#remarkable;
    if (!this.#isOffered) this.#offered.showPopover();
    const lines = getSelection().getRangeAt(0).getClientRects();
    placeBeside(this.#offered, { getBoundingClientRect: () => lines[lines.length - 1] ?? new DOMRect() });
  }

  #hide() {
    if (this.#isOffered) this.#offered.hidePopover();
  }

  #keyDown(event) {
    if (event.key === "Escape") this.#hide();
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const act = { KeyQ: this.#isQuotable && (() => this.#quote()), KeyR: this.#remarkable && (() => this.#remark()) }[event.code];
    if (!act) return;
    event.preventDefault();
    act();
  }

  #quote() {
    const words = selectedText(this.#transcript.querySelector(".transcript__thread"));
    this.#hide();
    getSelection().removeAllRanges();
    append(this.#composer.text, `${quoted(words)}\n\n`);
  }

  async #remark() {
    const [message, range] = [this.#remarkable, getSelection().getRangeAt(0).cloneRange()];
    this.#hide();
    const margin = await this.#chat.remarks();
    margin?.begin(message, range);
  }
}
