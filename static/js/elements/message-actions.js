/** What one can do with a message. Style sheets show of it what its state and its reader's rights allow. */

import "./branch-switch.js";
import { withLater } from "../helpers/loading.js";
import { phrase } from "../helpers/phrases.js";
import { clone } from "../helpers/templates.js";

/** Buttons that are a command as they stand. */
const COMMANDS = {
  retry: "reply.retry",
  answer: "reply.retry",
  continue: "reply.continue",
  stop: "reply.stop",
  choose: "branch.choose",
  fork: "conversation.fork",
  unverify: "reply.unverify",
};

/** Buttons that open something else. */
const TOOLS = {
  edit: () => import("./message-editor.js"),
  more: () => import("./message-menu.js"),
};

/** A thread has thousands of messages and few in sight: the buttons come when a message does. */
const approaching = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) target.querySelector("message-actions").build();
  },
  { root: document.querySelector("chat-transcript"), rootMargin: "100%" },
);

class MessageActions extends HTMLElement {
  connectedCallback() {
    if (this.firstElementChild) return;
    if (this.closest(".comparison")) this.build(); // A column aside is not in sight, and yet next to it.
    else approaching.observe(this.#message);
  }

  build() {
    approaching.unobserve(this.#message);
    if (this.firstElementChild) return;
    this.append(clone("actions-template"));
    this.addEventListener("click", ({ target }) => this.#clicked(target.closest("[data-act]")));
  }

  /** Does it, unless something is being done here already; `models` are those that shall try again. */
  act(name, fields = {}) {
    if (this.ariaBusy) return;
    this.ariaBusy = "true";
    this.#tell("");
    const detail = { type: COMMANDS[name], message: this.#message.dataset.id, ...fields };
    this.dispatchEvent(new CustomEvent("act", { bubbles: true, detail }));
  }

  /** See models/branches.js. */
  settled(code) {
    this.ariaBusy = null;
    this.say(code);
  }

  /** Says why something was not done; nothing for an empty code. */
  say(code) {
    this.build();
    this.#tell(code && (phrase(`action.${code}`) || phrase(`refused.${code}`) || phrase("action.refused")));
  }

  get #message() {
    return this.closest("chat-message");
  }

  #tell(sentence) {
    this.querySelector(".actions__notice").textContent = sentence;
  }

  async #clicked(button) {
    const name = button?.dataset.act;
    if (name in COMMANDS) this.act(name);
    else if (name in TOOLS) await this.#take(TOOLS[name], button);
  }

  /** A tool comes when it is first used, and not without a connection. */
  async #take(tool, button) {
    const loaded = await withLater(tool).catch(() => null);
    if (loaded) loaded.open(this.#message, button);
    else this.say("lost");
  }
}

customElements.define("message-actions", MessageActions);
