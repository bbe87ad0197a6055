/** The summaries of the thread, fetched with their words and style, each below its message; and the offer to fold. */

import "../elements/chat-summary.js";
import { placePart } from "../helpers/page-parts.js";
import { clone, hasTemplate } from "../helpers/templates.js";
import { page } from "../models/page.js";

export class Summaries {
  #transcript;
  #part = null;
  #fetching = null;

  constructor({ transcript }) {
    this.#transcript = transcript;
    transcript.addEventListener("changed", () => this.#place());
  }

  /** Shows what there is now; asked for while it is fetched, it is fetched once more. */
  async show(conversation) {
    const before = this.#fetching;
    const fetching = (this.#fetching = (async () => {
      await before?.catch(() => {});
      if (fetching !== undefined && this.#fetching !== fetching) return;
      const part = document.body.appendChild(document.createElement("div"));
      await placePart(`${page.urls.conversation(conversation)}summaries/`, part);
      this.#part?.remove();
      this.#part = part;
      this.#place();
    })());
    return fetching;
  }

  #place() {
    if (!this.#part) return;
    const newest = new Map();
    for (const one of this.#part.querySelector(".summaries").content.children) newest.set(one.dataset.message, one);
    for (const [id, summary] of newest) {
      const message = this.#transcript.thread.find(id);
      if (message) putBelow(message, summary);
    }
    if (hasTemplate("fold-template")) for (const message of this.#transcript.querySelectorAll("[data-error=context_too_long]")) offer(message);
  }
}

/** Puts a summary below its message, unless it is there in this version or somebody is changing it. */
function putBelow(message, summary) {
  const shown = message.querySelector("chat-summary");
  if (shown?.isWritten || (shown?.dataset.source === summary.dataset.source && shown.dataset.version === summary.dataset.version)) return;
  const placed = document.importNode(summary, true);
  const isOpen = shown?.querySelector("details").open ?? false;
  shown?.remove();
  message.append(placed);
  placed.querySelector("details").open = isOpen;
}

/** A reply for which the conversation was too long is asked for again, below a summary of what is above. */
function offer(message) {
  if (message.querySelector(".fold-offer")) return;
  const button = clone("fold-template");
  button.addEventListener("click", () => message.querySelector("message-actions").act("retry", { fold: true }));
  message.querySelector(".message__note").after(button);
}
