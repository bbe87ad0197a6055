/** The chat page: ties the socket, the open conversation, the thread, the composer and the sidebar together. */

import "./elements/chat-message.js";
import "./elements/chat-transcript.js";
import "./elements/connection-status.js";
import "./elements/conversation-list.js";
import "./elements/message-composer.js";
import { newId, phrase } from "./helpers/page.js";
import { thisTab } from "./helpers/keep.js";
import { Conversation } from "./models/conversation.js";
import { keepReturned, Outbox } from "./models/outbox.js";
import { Socket } from "./socket.js";

const SIGNED_OUT = 4401;
const TOO_BIG = 1009;
const JUST_NOW = 30_000;
const TELL_TYPING = 3_000;

class Chat {
  #page = document.getElementById("chat");
  #transcript = document.querySelector("chat-transcript");
  #composer = document.querySelector("message-composer");
  #list = document.querySelector("conversation-list");
  #status = document.querySelector("connection-status");
  #socket = new Socket(this.#page.dataset.person);
  #outbox = new Outbox(this.#page.dataset.person);
  #conversation = null;
  #path = location.pathname;
  #place = "";
  #tree = null;
  #toldTyping = 0;

  start() {
    const { conversation, revision } = this.#page.dataset;
    if (conversation) this.#conversation = this.#known(conversation, Number(revision));
    this.#place = this.#outbox.place(conversation);
    this.#listen();
    this.#showUnsent();
    this.#socket.watching = () => this.#watched();
    this.#socket.start();
  }

  #listen() {
    this.#socket.addEventListener("open", () => this.#connected());
    this.#socket.addEventListener("frame", ({ detail }) => this.#take(detail));
    this.#socket.addEventListener("moved", () => this.#open());
    this.#socket.addEventListener("close", ({ detail }) => this.#closed(detail.code));
    this.#socket.addEventListener("state", ({ detail }) => this.#showState(detail));
    this.#status.addEventListener("return", () => this.#socket.hurry());
    this.#outbox.addEventListener("acknowledged", ({ detail }) => this.#acknowledged(detail));
    this.#outbox.addEventListener("refused", ({ detail }) => this.#refused(detail));
    this.#outbox.addEventListener("changed", () => this.#showUnsent());
    this.#transcript.addEventListener("changed", () => this.#update());
    this.#transcript.addEventListener("act", ({ target, detail }) => this.#act(target, detail));
    this.#transcript.addEventListener("retry", () => this.#retry());
    this.#transcript.addEventListener("takeback", ({ detail }) => this.#takeBack(detail));
    this.#composer?.addEventListener("send", ({ detail }) => this.#compose(detail));
    this.#composer?.addEventListener("input", useActions, { once: true });
    this.#composer?.addEventListener("begun", ({ detail }) => this.#begin(detail));
    this.#composer?.addEventListener("stop", () => this.#stop());
    this.#composer?.addEventListener("input", ({ target }) => target.name === "text" && this.#typing());
    this.#chip.addEventListener("click", () => this.#showAudience());
    document.querySelector(".chat__menu").addEventListener("click", ({ currentTarget }) => delete currentTarget.dataset.news);
    for (const link of document.querySelectorAll(".sidebar a[href='/']")) {
      link.addEventListener("click", () => this.#socket.isOpen && this.#outbox.beginAnew());
    }
    addEventListener("popstate", () => this.#moved());
    document.addEventListener("visibilitychange", () => document.hidden || this.#returned());
  }

  /** First what was missed, then what was not said: the parent of an unsent message is among what was missed. */
  async #connected() {
    this.#catchUp();
    this.#follow();
    await this.#open();
    await this.#outbox.deliver(this.#socket);
  }

  /** What moved before we were told of it: everything is told from a connection's first answer on. */
  async #catchUp() {
    const answer = await this.#socket.request({ type: "ping" }).catch((refusal) => refusal);
    if (answer.code !== "lost") await this.#list.refresh();
  }

  /** Looked at again; what a tab that is gone left unsent is anybody's to send. */
  #returned() {
    this.#conversation?.read();
    this.#outbox.deliver(this.#socket);
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
    else if (event.type === "presence" || event.type === "typing") this.#keepCompany(event);
    else this.#conversation.take(event);
    if (event.type === "message.created" && event.message.author) this.#company.wrote?.(event.message.author.id);
  }

  /** Most people are alone most of the time: who shows the others is fetched with the first of them. */
  async #keepCompany({ type, ...event }) {
    const people = type === "typing" ? [event.person] : [...event.here, ...event.gone];
    if (people.every(({ id }) => id === this.#page.dataset.person)) return;
    await import("./elements/chat-company.js");
    this.#company[type](event);
  }

  #typing() {
    if (!this.#conversation || !("team" in this.#chip.dataset) || Date.now() - this.#toldTyping < TELL_TYPING) return;
    this.#toldTyping = Date.now();
    this.#socket.request({ type: "typing", conversation: this.#conversation.id }).catch(() => {}); // Nobody waits for it.
  }

  async #showAudience() {
    await import("./elements/audience-panel.js");
    await document.querySelector("audience-panel").open(this.#page.dataset.conversation);
  }

  #updated({ conversation, ...changed }) {
    const isOpen = conversation === this.#conversation?.id;
    this.#list.update({ ...changed, id: conversation, unread: !isOpen });
    if (isOpen) this.#showOpen(changed);
    else if (changed.team) this.#showNews(changed);
  }

  #showOpen(changed) {
    this.#showAbout(changed);
    this.#composer?.showTuned(changed.tuned);
  }

  /** Calmly: a line that stays until the next one, and on a phone a dot at the button behind which it is. */
  #showNews({ title, team }) {
    document.querySelector(".sidebar__news").textContent = phrase("news", { title, team: team.name });
    document.querySelector(".chat__menu").dataset.news = "";
  }

  #showState(state) {
    this.#status.show(state);
    this.#showUnsent();
  }

  #closed(code) {
    if (code === SIGNED_OUT) this.#signInAgain();
    if (code === TOO_BIG) this.#outbox.refuse("too_big");
  }

  /** The page itself leads to the sign-in; where it does not, reloading it over and over would not help. */
  #signInAgain() {
    const isFresh = Date.now() - Number(thisTab.get("signed-out")) < JUST_NOW;
    thisTab.set("signed-out", String(Date.now()));
    if (!isFresh) location.reload();
  }

  #compose({ text, files, models, team }) {
    const command = { type: "message.send", id: newId(), conversation: this.#conversation?.id ?? null };
    command.parent = this.#transcript.lastId;
    command.text = text;
    if (files.length) command.files = files.map(({ id }) => id);
    if (models.length) command.models = models;
    if (team) command.team = team;
    this.#outbox.put(command, this.#place, files);
    this.#transcript.toEnd();
    this.#socket.hurry();
    this.#outbox.deliver(this.#socket);
  }

  #acknowledged({ entry, ack }) {
    this.#transcript.sent(entry.command, ack);
    this.#follow();
    if (this.#transcript.isAstray(ack.message)) this.#act(this.#transcript, { type: "show", parent: entry.command.parent });
  }

  /** What was written here before the conversation had an id has begun one now, sent by this tab or by another. */
  #follow() {
    const begun = !this.#conversation && this.#outbox.begunAt(this.#place);
    if (begun) this.#begin(begun);
  }

  /** A new conversation has its address from now on. */
  #begin(id) {
    this.#outbox.adopt(this.#place, id);
    this.#place = id;
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

  #refused({ entry, code }) {
    this.#transcript.remove(entry.command.id);
    this.#giveBack(entry, code);
  }

  #giveBack({ command: { text }, place, files }, code = "") {
    if (place === this.#place && this.#composer) this.#composer.giveBack({ text, files, code });
    else keepReturned(this.#page.dataset.person, place, { text, files, code });
  }

  #retry() {
    this.#outbox.release(this.#place, this.#transcript.lastId);
    this.#socket.hurry();
    this.#outbox.deliver(this.#socket);
  }

  #takeBack(id) {
    const entry = this.#outbox.takeBack(id);
    if (entry) this.#giveBack(entry);
  }

  #stop() {
    const [first, ...others] = this.#transcript.running;
    const together = others.filter(({ dataset }) => dataset.parent === first.dataset.parent);
    for (const { dataset } of first ? [first, ...together] : []) {
      this.#socket.request({ type: "reply.stop", message: dataset.id }).catch(() => {});
    }
  }

  /** Somebody used what stands at a message: its actions, its versions or its editor. */
  async #act(place, command) {
    const { Tree } = await import("./models/tree.js");
    this.#tree ??= new Tree(this.#socket, this.#transcript);
    await this.#tree.act(place, command, this.#conversation);
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

  #showUnsent() {
    this.#follow();
    const { person: id, personName: name } = this.#page.dataset;
    this.#transcript.showUnsent(this.#outbox.at(this.#place, this.#socket.isOpen), { id, name });
    this.#update();
  }

  #showAbout({ title, team, shared }) {
    this.#chip.hidden = false;
    this.#chip.toggleAttribute("data-team", Boolean(team));
    if (shared !== undefined) this.#chip.toggleAttribute("data-shared", shared);
    this.#chip.querySelector(".chip__name").textContent = team?.name ?? phrase("audience.private");
    if (!title) return;
    this.#page.querySelector(".chat__title").textContent = title;
    document.title = [title, ...document.title.split(" · ").slice(-1)].join(" · ");
  }

  get #chip() {
    return this.#page.querySelector(".chip");
  }

  get #company() {
    return this.#page.querySelector("chat-company");
  }

  #update() {
    if (this.#transcript.thread.childElementCount) useActions();
    this.#composer?.show({ isRunning: this.#transcript.running.length > 0 });
  }
}

/** Not needed before somebody writes; and from then on even without a connection, to keep what is written. */
function useActions() {
  const modules = [import("./elements/message-actions.js"), import("./models/tree.js")];
  Promise.all(modules).catch(() => {}); // Without a connection they come with the next change.
}

new Chat().start();
if (document.querySelector("welcome-card")) import("./elements/welcome-card.js");
