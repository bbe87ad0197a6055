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
import "./elements/other-version.js";
import "./elements/verified-mark.js";
import { serveAppearance } from "./helpers/appearance.js";
import { refuseDrops } from "./helpers/drops.js";
import { keepKeysOfInputMethods } from "./helpers/keyboard.js";
import { leaveRoomForKeyboard } from "./helpers/keyboard-height.js";
import { fetchElement, fetchPart, withLater } from "./helpers/loading.js";
import { phrase } from "./helpers/phrases.js";
import { codeOf } from "./helpers/refused.js";
import { tellTimeZone } from "./helpers/time-zone.js";
import { Branches } from "./models/branches.js";
import { Conversation } from "./models/conversation.js";
import { shareDrafts } from "./models/drafts.js";
import { Outbox } from "./models/outbox.js";
import { page } from "./models/page.js";
import { Socket } from "./models/socket.js";
import { hasRemarks, watchSignOut } from "./models/unsent.js";
import { Attention } from "./page/attention.js";
import { Bell } from "./page/bell.js";
import { Completions } from "./page/completions.js";
import { Mentions } from "./page/mentions.js";
import { Header } from "./page/header.js";
import { NamedMessage } from "./page/named-message.js";
import { Navigation } from "./page/navigation.js";
import { OutboxEvents } from "./page/outbox-events.js";
import { Presence } from "./page/presence.js";
import { SharedPlace } from "./page/shared-place.js";
import { ShortcutKey } from "./page/shortcut-key.js";
import { SidebarEdge } from "./page/sidebar-edge.js";
import { SidebarFold } from "./page/sidebar-fold.js";
import { SocketEvents } from "./page/socket-events.js";
import { StartPage } from "./page/start-page.js";
import { ThreadKeys } from "./page/thread-keys.js";
import { ThreadTools } from "./page/thread-tools.js";

class Chat {
  transcript = document.querySelector("chat-transcript");
  /** Null for one who only reads. */
  composer = document.querySelector("message-composer");
  list = document.querySelector("conversation-list");
  projects = document.querySelector("project-list");
  status = document.querySelector("connection-status");
  socket = new Socket(page.urls.socket, page.person.id);
  outbox = new Outbox();
  /** The open conversation; null before it has begun and after it has gone. */
  conversation = null;
  #lastRevision = page.revision;
  #remarks = null;
  #summaries = null;
  header = new Header();
  navigation = new Navigation(this);
  presence = new Presence(this);
  outboxEvents = new OutboxEvents(this);
  socketEvents = new SocketEvents(this);
  place = new SharedPlace(this);
  branches = new Branches(this.socket, this.transcript, this.place);

  start() {
    if (page.conversation) this.#show(page.conversation, page.revision);
    for (const part of [this.place, this.navigation, this.presence, this.outboxEvents, this.socketEvents]) part.listen();
    this.transcript.addEventListener("changed", () => this.update());
    document.addEventListener("deleted", ({ detail }) => detail === page.conversation && this.close(phrase("deleted")));
    this.transcript.addEventListener("act", ({ target, detail }) => this.act(target, detail));
    if (this.composer) shareDrafts(this.composer, this.socket);
    this.composer?.addEventListener("stop", ({ detail }) => this.#stop(detail));
    this.outboxEvents.showUnsent();
    for (const reply of this.transcript.querySelectorAll(".comparison [data-current=chosen]")) this.transcript.turnTo(reply);
    new NamedMessage(this.transcript).listen();
    for (const Part of [ThreadTools, ThreadKeys, StartPage, Attention, Bell, Completions, Mentions]) new Part(this).listen();
    if (this.composer || page.canRemark) document.addEventListener("selectionchange", this.#selected);
    this.#awaitRemarks();
    this.transcript.addEventListener("folded", this.#showSummaries);
    if ("folded" in this.transcript.dataset) this.#showSummaries();
    this.composer?.addEventListener("input", this.#offer, { once: true });
    new ShortcutKey().listen();
    new SidebarEdge().listen();
    new SidebarFold().listen();
    this.composer?.sendEarly();
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
  close(reason = phrase("gone")) {
    this.#lastRevision = this.conversation?.revision ?? this.#lastRevision;
    this.conversation = null;
    document.querySelector("catch-up")?.remove(); // It told of what its reader has lost.
    this.composer?.disable(reason);
  }

  /** It is there again: somebody took it back out of the bin, or let its reader in again. */
  reopen(id) {
    if (this.conversation || !page.conversation || id !== page.conversation) return;
    this.composer?.disable("");
    this.#show(id, this.#lastRevision);
    this.open();
  }

  /** Carries out what somebody asked for at an element of the transcript; see models/branches.js. */
  act(element, command) {
    return this.branches.act(element, command, this.conversation);
  }

  /** Shows what depends on which messages there are. */
  update() {
    const { length } = this.transcript.thread.running;
    this.composer?.show({ isRunning: length > 0 });
    this.transcript.toggleAttribute("data-several", length > 1); // One reply is stopped at the composer alone.
  }

  /** A question that is being written may have a verified answer. */
  #offer = () => fetchElement("verified-offers", () => withLater(async () => new (await import("./page/verified-offers.js")).VerifiedOffers(this).listen() ?? true));

  /** What shows remarks, once there is one; null where it does not come. */
  async remarks() {
    this.#remarks ??= fetchPart(async () => new (await import("./page/remark-margin.js")).RemarkMargin(this).start());
    const margin = await this.#remarks;
    if (!margin) this.#remarks = null;
    return margin;
  }

  #awaitRemarks() {
    if (hasRemarks(page.person.id) || "remarked" in this.transcript.dataset) this.remarks();
    this.transcript.addEventListener("remarked", () => this.remarks());
    this.transcript.addEventListener("begin-remark", async ({ target }) => (await this.remarks())?.begin(target));
  }

  /** What shows the summaries of the thread, once there is one, or a reply for which the conversation was too long. */
  #showSummaries = async () => {
    this.#summaries ??= fetchPart(async () => new (await import("./page/summaries.js")).Summaries(this));
    (await this.#summaries)?.show(page.conversation).catch(() => {});
  };

  /** Words that are selected may be quoted and remarked on. */
  #selected = async () => {
    if (getSelection().isCollapsed) return;
    document.removeEventListener("selectionchange", this.#selected);
    new (await withLater(() => import("./page/quoting.js"))).Quoting(this).listen();
  };

  #show(id, revision) {
    this.conversation = new Conversation(id, revision, this.socket, this.transcript, this.place);
  }

  /** Stops the oldest reply under way, and those that answer the same question; `ownOnly`: of those that this person asked for. */
  #stop({ ownOnly }) {
    const isMeant = ({ dataset }) => !ownOnly || dataset.author === page.person.id;
    const [first, ...others] = this.transcript.thread.running.filter(isMeant);
    const together = others.filter(({ dataset }) => dataset.parent === first.dataset.parent);
    for (const { dataset } of first ? [first, ...together] : []) {
      this.socket.request({ type: "reply.stop", message: dataset.id }).catch(() => {});
    }
  }
}

keepKeysOfInputMethods();
refuseDrops();
serveAppearance();
leaveRoomForKeyboard();
new Chat().start();
document.documentElement.dataset.started = ""; // Without it, a sentence says after a while that scripts are missing.
watchSignOut(document.querySelector(".sign-out"), () => location.assign(document.querySelector(".sign-out").action));
tellTimeZone();
if (document.querySelector("[data-assistants]")) import("./page/assistants.js");
if (document.querySelector("catch-up")) import("./elements/catch-up.js");
if (document.querySelector("voice-input")) import("./elements/voice-input.js");
if (document.querySelector("welcome-card")) import("./elements/welcome-card.js");
if (document.querySelector(".projects__one")) import("./elements/project-list.js");
if (document.querySelector(".chat__trouble")) import("./elements/key-troubles.js");
