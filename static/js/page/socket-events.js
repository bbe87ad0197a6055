/** What the socket tells: connections that come and go, and the news that they bring. */

import { toRow } from "../helpers/conversation-rows.js";
import { fetchConversation } from "../helpers/fetch-list.js";
import { codeOf } from "../helpers/refused.js";
import { thisTab } from "../helpers/storage.js";
import { page } from "../models/page.js";

const SIGNED_OUT = 4401;
const TOO_BIG = 1009;
const JUST_NOW = 30_000;

export class SocketEvents {
  #chat;

  constructor(chat) {
    this.#chat = chat;
  }

  listen() {
    const { socket, status } = this.#chat;
    socket.addEventListener("open", () => this.#connected());
    socket.addEventListener("frame", ({ detail }) => this.#take(detail));
    socket.addEventListener("moved", () => this.#chat.open());
    socket.addEventListener("close", ({ detail }) => this.#closed(detail.code));
    socket.addEventListener("state", ({ detail }) => this.#showState(detail));
    socket.watching = () => this.#watched();
    status.addEventListener("return", () => socket.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.#returned());
  }

  /** First what was missed, then what was not said: the parent of an unsent message is among what was missed. */
  async #connected() {
    const { navigation, outbox, socket } = this.#chat;
    this.#refreshList();
    navigation.follow();
    await this.#chat.open();
    await outbox.deliver(socket);
  }

  /** What moved before we were told of it: everything is told from a connection's first answer on. */
  async #refreshList() {
    const { list, socket } = this.#chat;
    const code = await socket.request({ type: "ping" }).then(() => "", codeOf);
    if (code !== "lost") await this.#judged(() => list.refresh());
  }

  async #judged(follow) {
    const row = () => this.#chat.list.find(page.conversation);
    const before = row()?.dataset.may;
    const followed = await follow();
    if (before && row() && row().dataset.may !== before) await this.#judge(); // What has gone is asked for no more.
    return followed;
  }

  /** The message box comes and goes with the right to write: with the page as it is then. */
  async #judge() {
    const { conversation } = this.#chat; // None if its reader has lost it.
    const now = conversation && (await fetchConversation(conversation.id));
    if (now && now.audience.write !== page.canWrite) location.reload();
    else if (now) this.#chat.list.update(toRow(now));
  }

  /** Looked at again; what a tab that is gone left unsent is anybody's to send. */
  #returned() {
    const { conversation, outbox, socket } = this.#chat;
    conversation?.read();
    outbox.deliver(socket);
  }

  #take(event) {
    const { conversation, list, presence, projects } = this.#chat;
    if (event.project || projects.childElementCount) this.#tellProjects(event);
    if (event.type === "rights.changed") this.#judge();
    if (event.type === "import.ended" || event.type === "rights.changed") return list.refresh();
    if (event.type === "conversation.updated") this.#updated(event);
    else if (event.type === "conversation.gone") list.remove(event.conversation);
    else if (event.type === "conversation.arranged") list.arrange(event);
    if (event.of) return conversation?.take(event);
    if (!conversation || event.conversation !== conversation.id) return;
    if (event.type === "conversation.gone") this.#chat.close();
    else if (event.type === "conversation.arranged") return;
    else if (event.type === "presence" || event.type === "typing") presence.take(event);
    else conversation.take(event);
    if (event.type === "message.created" && event.message.author) presence.wrote(event.message.author.id);
  }

  /** Whoever is in no project needs no script of them. */
  async #tellProjects(event) {
    if (!event.type.startsWith("conversation.")) return;
    const isThere = await import("../elements/project-list.js").catch(() => null); // Else with the next event.
    if (isThere) this.#chat.projects.hear(event);
  }

  async #updated({ conversation, ...changed }) {
    const { composer, header, list } = this.#chat;
    this.#chat.reopen(conversation);
    const isOpen = conversation === this.#chat.conversation?.id;
    if (isOpen) header.show(changed);
    if (isOpen) composer?.showTuned(changed);
    if (isOpen && "assistant" in changed) composer?.models.assistants?.follow(changed);
    const row = await this.#judged(() => list.hear({ ...changed, id: conversation, isNews: !isOpen && !isMade(changed) }));
    const isTold = row && !row.hasAttribute("data-muted");
    if (!isOpen && changed.team && isTold) header.showNews(changed);
  }

  #showState(state) {
    const { outboxEvents, status } = this.#chat;
    status.show(state, this.#chat.socket.trouble);
    outboxEvents.showUnsent();
  }

  #closed(code) {
    if (code === SIGNED_OUT) signInAgain();
    if (code === TOO_BIG) this.#chat.outbox.refuse("too_big");
  }

  /** What a ping asks about, and whether an answer is urgent. */
  #watched() {
    const { conversation, transcript } = this.#chat;
    const open = conversation ? { [conversation.id]: conversation.revision } : {};
    return { open, urgent: transcript.thread.running.length > 0 };
  }
}

/** Whether the reader has just made this conversation, with a program of their own. */
const isMade = ({ revision, owner }) => revision === 1 && owner?.id === page.person.id;

/** The page itself leads to the sign-in; where it does not, reloading it over and over would not help. */
function signInAgain() {
  const isFresh = Date.now() - Number(thisTab.get("signed-out")) < JUST_NOW;
  thisTab.set("signed-out", String(Date.now()));
  if (!isFresh) location.reload();
}
