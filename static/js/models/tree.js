/** What a person does to the tree of messages: other wordings and versions, other branches, copies. */

import { fragment } from "../helpers/html.js";
import { newId, phrase } from "../helpers/page.js";
import { fetchThread } from "../helpers/thread.js";

/** After these the server shows another branch from this message's place on. */
const TURNS = ["message.edit", "reply.retry", "reply.continue", "branch.choose"];
const isTouch = matchMedia("(hover: none) and (pointer: coarse)");

export class Tree {
  #socket;
  #transcript;
  #ids = new Map();

  constructor(socket, transcript) {
    this.#socket = socket;
    this.#transcript = transcript;
  }

  /** Carries out what somebody asked for at this place of the page, and tells the place how that went. */
  async act(place, command, conversation) {
    const code = conversation ? await this.#try(place, command, conversation) : "not_found";
    place.settled?.(code);
  }

  /** The code of the refusal; empty when it was done. The same again, after no answer, has the same id: it is done once. */
  async #try(place, command, conversation) {
    const body = JSON.stringify(command);
    if (!this.#ids.has(body)) this.#ids.set(body, newId());
    try {
      await this.#carryOut({ ...command, id: this.#ids.get(body) }, conversation, place);
    } catch (refusal) {
      if (!refusal.code) throw refusal;
      if (refusal.code === "lost") return "lost";
      this.#ids.delete(body);
      return refusal.code;
    }
    this.#ids.delete(body);
    return "";
  }

  async #carryOut({ type, ...fields }, conversation, place) {
    if (type === "show") return this.#show(fields.parent ?? "", conversation);
    const ack = await this.#socket.request({ type, ...fields });
    if (type === "conversation.fork") location.assign(`/conversations/${ack.conversation}/`);
    if (!TURNS.includes(type)) return;
    const old = this.#transcript.find(place.closest("chat-message").dataset.id);
    if (!old) return;
    const before = { top: held(old, place.direction).getBoundingClientRect().top, direction: place.direction };
    await this.#show(old.dataset.parent, conversation);
    this.#lookAt(ack.message ?? ack.replies?.[0] ?? fields.message, before, type);
  }

  /** The branch that the server shows this person, below that message; what is above stays as it is. */
  async #show(parent, conversation) {
    const { revision, after, html } = await fetchThread(conversation.id, parent ? { after: parent } : {});
    this.#transcript.replaceBelow(after, fragment(html));
    await conversation.catchUp(revision);
  }

  /** What was chosen stays where the reader is; what is being written is followed. */
  #lookAt(id, { top, direction }, type) {
    const message = this.#transcript.find(id);
    if (!message) return;
    this.#transcript.turnTo(message);
    const isSwitch = direction && message.versions.length > 1; // It may stand beside others now, with no version of its own.
    if (isSwitch) this.#goOnSwitching(message, direction);
    else if (!isTouch.matches) document.getElementById("composer-text")?.focus({ preventScroll: true });
    if (type !== "branch.choose") return this.#transcript.toEnd();
    this.#transcript.hold(held(message, isSwitch), top);
    if (!direction) this.#askOnly(message.name);
  }

  /** Who goes on with one of several replies goes on with its model. */
  async #askOnly(name) {
    await import("../elements/model-comparison.js");
    document.querySelector("model-comparison")?.askOnly(name);
  }

  #goOnSwitching(message, direction) {
    const place = message.querySelector("branch-switch");
    place.focusOn(direction);
    this.#transcript.announce(phrase("version", place.values));
  }
}

/** What stays where it is in sight: the switch under the reader's finger, or the message that was chosen. */
function held(message, isSwitch) {
  return isSwitch ? message.querySelector(".switch__place") : message;
}
