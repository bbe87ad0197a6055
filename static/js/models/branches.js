/**
 * What a person does to the tree of messages: other wordings and versions, other branches, copies.
 *
 * An element that wants something done dispatches a bubbling "act" event whose detail is the command, and is busy until
 * its method `settled(code)` is called: with an empty code when it was done, else with that of the refusal, which it
 * shows. An element without this method (the transcript itself) is not told.
 */

import { fetchThread } from "../helpers/fetch-thread.js";
import { fragment } from "../helpers/html.js";
import { newId } from "../helpers/ids.js";
import { focusForTyping } from "../helpers/keyboard.js";
import { phrase } from "../helpers/phrases.js";
import { codeOf } from "../helpers/refused.js";
import { page } from "./page.js";

/** After these another branch is shown from this message's place on. A step is a look at the next version. */
const TURNS = ["message.edit", "reply.retry", "reply.continue", "branch.choose", "branch.step"];

export class Branches {
  #socket;
  #transcript;
  #place;
  #ids = new Map();

  /** What resolves once nothing is being carried out. */
  idle = Promise.resolve();

  constructor(socket, transcript, place) {
    this.#socket = socket;
    this.#transcript = transcript;
    this.#place = place;
  }

  /** Carries out what somebody asked for at this element, and tells the element how that went. */
  async act(element, command, conversation) {
    const done = conversation ? this.#try(element, command, conversation) : Promise.resolve("not_found");
    this.idle = Promise.all([this.idle, done]).then(() => {});
    element.settled?.(await done);
  }

  /** The code of the refusal; empty when it was done. The same again, after no answer, has the same id: it is done once. */
  async #try(element, command, conversation) {
    const body = JSON.stringify(command);
    if (!this.#ids.has(body)) this.#ids.set(body, newId());
    try {
      await this.#carryOut({ ...command, id: this.#ids.get(body) }, conversation, element);
    } catch (error) {
      const code = codeOf(error);
      if (code !== "lost") this.#ids.delete(body);
      return code;
    }
    this.#ids.delete(body);
    return "";
  }

  async #carryOut({ type, ...fields }, conversation, element) {
    if (type === "show") return this.show(fields.parent, conversation);
    if (type === "branch.show") return this.#reveal(fields, conversation);
    const isLook = type === "branch.step" && this.#place.isShared;
    const ack = isLook ? {} : await this.#socket.request({ ...fields, type: type === "branch.step" ? "branch.choose" : type });
    if (type === "conversation.fork") location.assign(page.urls.conversation(ack.conversation));
    if (!TURNS.includes(type)) return;
    const old = this.#transcript.thread.find(element.closest("chat-message").dataset.id);
    if (!old) return;
    const { direction } = element;
    const before = { top: anchorIn(old, direction).getBoundingClientRect().top, direction };
    await this.show(old.dataset.parent, conversation, isLook ? fields.message : null);
    this.#lookAt(ack.message ?? ack.replies?.[0] ?? fields.message, before, type);
  }

  /** The branch on which the thread goes on, or the one through `at`, below that message; what is above stays as it is. */
  async show(parent, conversation, at) {
    const where = { ...(parent && { after: parent }), ...(at && { at }) };
    const { revision, after, html, elsewhere } = await fetchThread(conversation.id, where);
    if (after && !this.#transcript.thread.find(after)) return this.show(null, conversation, at); // Not in sight.
    this.#place.leave();
    this.#transcript.replaceBelow(after, fragment(html));
    this.#place.shown(elsewhere);
    await conversation.catchUp(revision);
  }

  /** Shows a version at a fork, where the reader sees it. */
  async #reveal({ fork, version, at }, conversation) {
    const old = this.#transcript.thread.versionAt(fork);
    const { top } = (old ?? this.#transcript).getBoundingClientRect();
    await this.show(fork, conversation, at);
    const message = this.#transcript.thread.find(version);
    if (message) this.#transcript.reveal(message, top);
  }

  /** What was chosen stays where the reader is; what is being written is followed. */
  #lookAt(id, { top, direction }, type) {
    const message = this.#transcript.thread.find(id);
    if (!message) return;
    this.#transcript.turnTo(message);
    const isSwitch = direction && message.versions.length > 1; // It may stand beside others now, with no version of its own.
    if (isSwitch) this.#goOnSwitching(message, direction);
    else focusForTyping(document.getElementById("composer-text"), { preventScroll: true });
    if (type !== "branch.choose" && type !== "branch.step") return this.#transcript.toEnd();
    this.#transcript.keepInPlace(anchorIn(message, isSwitch), top);
    if (!direction) document.querySelector("message-composer")?.models.askOnly(message.name); // The next question is for its model.
  }

  #goOnSwitching(message, direction) {
    const versions = message.querySelector("branch-switch");
    versions.focusOn(direction);
    this.#transcript.announce(phrase("version", versions.values));
  }
}

/** What stays where it is in sight: the switch under the reader's finger, or the message that was chosen. */
function anchorIn(message, isSwitch) {
  return isSwitch ? message.querySelector(".switch__place") : message;
}
