/** The chat page: ties the socket, the open conversation, the thread, the composer and the sidebar together. */

import "./elements/chat-message.js";
import "./elements/chat-transcript.js";
import "./elements/connection-status.js";
import "./elements/conversation-list.js";
import "./elements/message-composer.js";
import { newId, phrase } from "./helpers/page.js";
import { thisTab } from "./helpers/keep.js";
import { Conversation } from "./models/conversation.js";
import { Outbox } from "./models/outbox.js";
import { Socket } from "./socket.js";

const SIGNED_OUT = 4401;
const TOO_BIG = 1009;
const JUST_NOW = 30_000;

class Chat {
  #page = document.getElementById("chat");
  #transcript = document.querySelector("chat-transcript");
  #composer = document.querySelector("message-composer");
  #list = document.querySelector("conversation-list");
  #status = document.querySelector("connection-status");
  #socket = new Socket();
  #outbox = new Outbox();
  #conversation = null;
  #path = location.pathname;
  #hasBeenOpen = false;
  #isDelivering = false;

  start() {
    const { conversation, revision } = this.#page.dataset;
    if (conversation) this.#conversation = this.#known(conversation, Number(revision));
    this.#listen();
    this.#showPending();
    this.#socket.watching = () => this.#watched();
    this.#socket.start();
  }

  #listen() {
    this.#socket.addEventListener("open", () => this.#connected());
    this.#socket.addEventListener("frame", ({ detail }) => this.#take(detail));
    this.#socket.addEventListener("moved", () => this.#open());
    this.#socket.addEventListener("close", ({ detail }) => this.#closed(detail.code));
    this.#socket.addEventListener("state", ({ detail }) => this.#status.show(detail));
    this.#transcript.addEventListener("changed", () => this.#update());
    this.#composer?.addEventListener("send", ({ detail }) => this.#compose(detail));
    this.#composer?.addEventListener("begun", ({ detail }) => this.#begin(detail));
    this.#composer?.addEventListener("stop", () => this.#stop());
    addEventListener("popstate", () => this.#moved());
    document.addEventListener("visibilitychange", () => this.#conversation?.read());
  }

  /** First what was missed, then what was not said: the parent of an unsent message is among what was missed. */
  async #connected() {
    if (this.#hasBeenOpen) this.#list.refresh();
    this.#hasBeenOpen = true;
    await this.#open();
    if (this.#outbox.pending) await this.#deliver(this.#outbox.pending);
  }

  async #open() {
    try {
      await this.#conversation?.open();
    } catch (refusal) {
      if (refusal.code === "not_found") this.#gone();
      else if (refusal.code !== "lost") throw refusal;
    }
  }

  #take(event) {
    if (event.type === "conversation.updated") this.#updated(event);
    else if (event.type === "conversation.gone") this.#list.remove(event.conversation);
    if (event.conversation !== this.#conversation?.id) return;
    if (event.type === "conversation.gone") this.#gone();
    else this.#conversation.take(event);
  }

  #updated({ conversation, ...changed }) {
    const isOpen = conversation === this.#conversation?.id;
    this.#list.update({ ...changed, id: conversation, unread: !isOpen });
    if (isOpen) this.#showAbout(changed);
  }

  #closed(code) {
    if (code === SIGNED_OUT) this.#signInAgain();
    if (code === TOO_BIG && this.#outbox.pending) this.#refused(this.#outbox.pending, "too_big");
  }

  /** The page itself leads to the sign-in; where it does not, reloading it over and over would not help. */
  #signInAgain() {
    const isFresh = Date.now() - Number(thisTab.get("signed-out")) < JUST_NOW;
    thisTab.set("signed-out", String(Date.now()));
    if (!isFresh) location.reload();
  }

  #compose({ text, files, model, team }) {
    const command = { type: "message.send", id: newId(), conversation: this.#conversation?.id ?? null };
    command.parent = this.#transcript.lastId;
    command.text = text;
    if (files.length) command.files = files.map(({ id }) => id);
    if (model) command.models = [model];
    if (team) command.team = team;
    this.#outbox.put(command, files);
    this.#showPending();
    this.#deliver(command);
  }

  /** A message that got no answer stays in the outbox and is sent again, with the same id, on the next connection. */
  async #deliver(command) {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    try {
      this.#acknowledged(command, await this.#socket.request(command));
    } catch (refusal) {
      if (!refusal.code) throw refusal;
      if (refusal.code !== "lost") this.#refused(command, refusal.code);
    } finally {
      this.#isDelivering = false;
    }
  }

  #acknowledged(command, ack) {
    this.#outbox.clear();
    this.#transcript.sent(command.id, ack.message);
    if (!command.conversation && !this.#conversation) this.#begin(ack.conversation);
    this.#update();
  }

  /** A new conversation has its address from now on. */
  #begin(id) {
    history.pushState(null, "", `/conversations/${id}/`);
    this.#path = location.pathname;
    this.#page.dataset.conversation = id;
    this.#page.querySelector(".transcript__start")?.remove();
    this.#composer.begin();
    this.#conversation = this.#known(id, 0);
    for (const field of document.getElementsByName("next")) field.value = location.pathname;
    this.#showAbout(this.#list.choose(id));
    this.#open();
  }

  /** Back to another conversation; the way to a source below is none. */
  #moved() {
    if (location.pathname !== this.#path) location.reload();
  }

  #refused(command, code) {
    const { files } = this.#outbox;
    this.#outbox.clear();
    this.#transcript.remove(command.id);
    this.#composer?.giveBack({ text: command.text, files }, phrase(`refused.${code}`) || phrase("refused"));
    this.#update();
  }

  #stop() {
    const [reply] = this.#transcript.running;
    if (reply) this.#socket.request({ type: "reply.stop", message: reply.dataset.id }).catch(() => {});
  }

  #gone() {
    this.#conversation = null;
    this.#composer?.disable(phrase("gone"));
  }

  #known(id, revision) {
    return new Conversation(id, revision, this.#socket, this.#transcript);
  }

  #watched() {
    const open = this.#conversation ? { [this.#conversation.id]: this.#conversation.revision } : {};
    return { open, urgent: this.#transcript.running.length > 0 };
  }

  #showPending() {
    const command = this.#outbox.pending;
    const { person, personName, conversation } = this.#page.dataset;
    if (command && (command.conversation ?? "") === conversation) {
      this.#transcript.showSending({ ...command, files: this.#outbox.files }, { id: person, name: personName });
    }
    this.#update();
  }

  #showAbout({ title, team }) {
    const chip = this.#page.querySelector(".chip");
    chip.hidden = !team;
    chip.querySelector(".chip__name").textContent = team?.name ?? "";
    if (!title) return;
    this.#page.querySelector(".chat__title").textContent = title;
    document.title = [title, ...document.title.split(" · ").slice(-1)].join(" · ");
  }

  #update() {
    const isRunning = this.#transcript.running.length > 0;
    this.#composer?.show({ isSending: Boolean(this.#outbox.pending), isRunning });
  }
}

new Chat().start();
if (document.querySelector("welcome-card")) import("./elements/welcome-card.js");
