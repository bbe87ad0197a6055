/**
 * The chat page: the elements and connections that its parts share, and the conversation that is open.
 *
 * What is imported is joined with this script when it is collected: all that most visits need, and all that works without
 * a connection. The rest is fetched when it is first used.
 */

import "./elements/chat-message.js";
import "./elements/chat-transcript.js";
import "./elements/connection-status.js";
import "./elements/conversation-list.js";
import "./elements/message-actions.js";
import "./elements/message-composer.js";
import "./elements/model-comparison.js";
import { phrase } from "./helpers/phrases.js";
import { codeOf } from "./helpers/refused.js";
import { Branches } from "./models/branches.js";
import { Conversation } from "./models/conversation.js";
import { Outbox } from "./models/outbox.js";
import { page } from "./models/page.js";
import { Socket } from "./models/socket.js";
import { Header } from "./page/header.js";
import { Navigation } from "./page/navigation.js";
import { OutboxEvents } from "./page/outbox-events.js";
import { Presence } from "./page/presence.js";
import { SocketEvents } from "./page/socket-events.js";

class Chat {
  transcript = document.querySelector("chat-transcript");
  /** Null for one who only reads. */
  composer = document.querySelector("message-composer");
  list = document.querySelector("conversation-list");
  status = document.querySelector("connection-status");
  socket = new Socket(page.urls.socket, page.person.id);
  outbox = new Outbox();
  /** The open conversation; null before it has begun and after it has gone. */
  conversation = null;
  header = new Header();
  navigation = new Navigation(this);
  presence = new Presence(this);
  outboxEvents = new OutboxEvents(this);
  socketEvents = new SocketEvents(this);
  #branches = new Branches(this.socket, this.transcript);

  start() {
    if (page.conversation) this.#show(page.conversation, page.revision);
    for (const part of [this.navigation, this.presence, this.outboxEvents, this.socketEvents]) part.listen();
    this.transcript.addEventListener("changed", () => this.update());
    this.transcript.addEventListener("act", ({ target, detail }) => this.act(target, detail));
    this.composer?.addEventListener("stop", () => this.#stop());
    this.outboxEvents.showUnsent();
    this.socket.start();
  }

  /** A conversation has only just begun. */
  begin(id) {
    this.#show(id, 0);
    this.open();
  }

  /** Asks for everything of the open conversation that is not in sight yet. */
  async open() {
    try {
      await this.conversation?.open();
    } catch (error) {
      if (codeOf(error) === "not_found") this.close();
      else if (codeOf(error) !== "lost") throw error;
    }
  }

  /** The conversation is no longer there for its reader. */
  close() {
    this.conversation = null;
    this.composer?.disable(phrase("gone"));
  }

  /** Carries out what somebody asked for at an element of the transcript; see models/branches.js. */
  act(element, command) {
    return this.#branches.act(element, command, this.conversation);
  }

  /** Shows what depends on which messages there are. */
  update() {
    this.composer?.show({ isRunning: this.transcript.thread.running.length > 0 });
  }

  #show(id, revision) {
    this.conversation = new Conversation(id, revision, this.socket, this.transcript);
  }

  /** Stops the oldest reply under way, and those that answer the same question. */
  #stop() {
    const [first, ...others] = this.transcript.thread.running;
    const together = others.filter(({ dataset }) => dataset.parent === first.dataset.parent);
    for (const { dataset } of first ? [first, ...together] : []) {
      this.socket.request({ type: "reply.stop", message: dataset.id }).catch(() => {});
    }
  }
}

new Chat().start();
if (document.querySelector("welcome-card")) import("./elements/welcome-card.js");
