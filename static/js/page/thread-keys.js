/** Keys that move through the thread and begin to write: the question before and behind, the last one in other words. */

import { showAtTop } from "../helpers/showing.js";

const STEPS = { ArrowUp: -1, ArrowDown: 1 };
/** Pixels from the top at which a question is shown, see chat-message.css, and around that place. */
const MARGIN = 16;
const NEAR = 4;
const MOST_SAID = 100;

export class ThreadKeys {
  #chat;

  constructor(chat) {
    this.#chat = chat;
  }

  listen() {
    document.addEventListener("keydown", (event) => this.#keyDown(event));
  }

  #keyDown(event) {
    const { altKey, key, target } = event;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    if (altKey && key in STEPS && !target.closest("select, dialog, [popover]")) this.#step(event, STEPS[key]);
    else if (!altKey && key === "ArrowUp" && this.#isAtEmptyBox(target)) this.#editLast(event);
  }

  /** Shows the next question in this direction; above what is here, of the messages that come then. */
  async #step(event, by) {
    const { transcript } = this.#chat;
    if (transcript.thread.isEmpty) return;
    event.preventDefault();
    const found = this.#questionAt(by);
    const earlier = by < 0 && !found && transcript.querySelector("earlier-messages");
    if (earlier) await earlier.load?.();
    const question = found ?? (earlier && this.#questionAt(by));
    if (question) showAtTop(question);
    else if (by > 0) transcript.toEnd();
    if (question) transcript.announce(question.source.slice(0, MOST_SAID));
  }

  #questionAt(by) {
    const { transcript } = this.#chat;
    const questions = [...transcript.querySelectorAll("chat-message[data-role=user]")];
    const place = transcript.getBoundingClientRect().top + MARGIN;
    const top = (question) => question.getBoundingClientRect().top;
    if (by > 0) return questions.find((question) => top(question) > place + NEAR);
    return questions.findLast((question) => top(question) < place - NEAR);
  }

  #isAtEmptyBox(target) {
    const { composer } = this.#chat;
    return Boolean(composer) && target === composer.text && composer.isBlank && !target.value;
  }

  /** By the button that stands there for it, so only where there is one. */
  #editLast(event) {
    const last = [...this.#chat.transcript.querySelectorAll("chat-message[data-mine]")].at(-1);
    const actions = last?.querySelector("message-actions");
    actions?.build();
    const button = actions?.querySelector("[data-act=edit]");
    if (!button || getComputedStyle(button).display === "none") return;
    event.preventDefault();
    button.click();
  }
}
