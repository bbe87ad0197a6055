/**
 * Where the thread goes on, and where this tab looks.
 *
 * In a team's thread everybody stands at the same place, until they look at another version. When the place moves, a tab
 * that stands there goes along, unless its reader is writing or reading what would go away: then it looks elsewhere from
 * now on. A line at the fork says where the others are and what came there, and what was said beside the branch in sight.
 * In a private conversation the place is where its owner went last; no tab goes along with another one.
 *
 * The page's address holds the branch that is looked at, so that a tab keeps it.
 */

import { lineAbout, lineBack, whoGoesOn } from "../helpers/place-lines.js";
import { codeOf } from "../helpers/refused.js";
import { page } from "../models/page.js";

export class SharedPlace {
  #chat;
  #others = [];
  /** Where the tab went along to: {person, number, version, back}; null when nothing is to be said of it. */
  #followed = null;
  #isLooking = false;
  #isStale = false;
  /** The last message that was taken and not looked for yet. */
  #due = "";
  #waiting = 0;
  #queue = Promise.resolve();
  #seen = new Set();
  #pill = document.querySelector("other-version");
  #inSight = null;

  constructor(chat) {
    this.#chat = chat;
  }

  listen() {
    const { transcript } = this.#chat;
    const show = ([{ isIntersecting }]) => (this.#pill.hidden = isIntersecting);
    this.#inSight = new IntersectionObserver(show, { root: transcript });
    transcript.addEventListener("changed", () => this.#render());
    this.shown(JSON.parse(transcript.dataset.elsewhere ?? "[]"));
  }

  /** Whether all that is known is shown or said: only then it counts as read. */
  get isSettled() {
    return !this.#waiting && !this.#isStale;
  }

  /** Whether there are words beside the branch in sight that were not shown here yet. */
  get hasUnseen() {
    return this.#told.some(({ count }) => count > 0);
  }

  /** Whether others see where one goes on. */
  get isShared() {
    return this.#chat.header.isOfTeam;
  }

  /** The thread goes on through this message from now on, or has it somewhere out of sight. */
  take(message) {
    const isDue = this.#due;
    this.#due = message;
    if (!isDue) this.#enqueue(() => this.#check());
  }

  /** The conversation was opened again; `end` is the end of the thread, if anything is new. */
  opened(end) {
    if (end) this.take(end);
    else if (this.#isStale) this.#enqueue(() => this.#look());
  }

  /** Another branch takes the place of the one in sight. */
  leave() {
    if (!document.hidden) for (const id of this.#chat.transcript.thread.ids) this.#seen.add(id);
  }

  /** A branch has come into sight, beside which the server names these versions. */
  shown(others) {
    this.#others = others;
    this.#followed = null;
    this.#isLooking = this.isShared && this.#told.some(({ end }) => end);
    this.#remember();
    this.#render();
  }

  #enqueue(work) {
    this.#waiting += 1;
    this.#queue = this.#queue.then(work).catch((error) => {
      if (codeOf(error) !== "lost" && codeOf(error) !== "not_found") throw error;
    });
    this.#queue = this.#queue.finally(() => {
      this.#waiting -= 1;
      this.#chat.conversation?.read();
    });
  }

  async #check() {
    const { branches, transcript } = this.#chat;
    await branches.idle;
    const message = transcript.thread.find(this.#due);
    this.#due = "";
    if (message) transcript.thread.choose(message);
    if (!message || this.#others.length) await this.#look();
  }

  /** Asks what there is beside the branch in sight, and goes along if the place is there. */
  async #look() {
    const { socket, transcript } = this.#chat;
    this.#isStale = true;
    const leaf = transcript.thread.lastId;
    const { elsewhere } = leaf ? await socket.request({ type: "branch.look", message: leaf }) : { elsewhere: [] };
    const place = this.#toTell(elsewhere).find(({ end }) => end);
    if (place && this.#mayFollow(place)) await this.#follow(place);
    else this.shown(elsewhere);
    this.#isStale = false;
  }

  #mayFollow({ fork }) {
    const { composer, transcript } = this.#chat;
    if (!this.isShared || this.#isLooking || (composer && !composer.isBlank)) return false;
    return !transcript.querySelector("message-editor") && !transcript.thread.unsent.length && !transcript.isReadBelow(fork);
  }

  async #follow(place) {
    const { branches, conversation, transcript } = this.#chat;
    const { isAtEnd } = transcript;
    const back = transcript.thread.versionAt(place.fork)?.dataset.id;
    await branches.show(place.fork, conversation);
    if (isAtEnd) transcript.toEnd();
    this.#followed = { ...place, back };
    this.#render();
    transcript.announce(whoGoesOn(place));
  }

  /** What is said of other versions: where the thread goes on, and what is new there. */
  get #told() {
    return this.#toTell(this.#others);
  }

  #toTell(others) {
    const { thread } = this.#chat.transcript;
    const isNew = (id) => !this.#seen.has(id) && !thread.find(id);
    const counted = others.map((other) => ({ ...other, count: other.unseen.filter(isNew).length }));
    return counted.filter(({ end, count }) => count || (end && !thread.find(end)));
  }

  /** Keeps the branch in sight in the page's address, where it is not the one that is shown anyway. */
  #remember() {
    if (!page.conversation) return;
    const { thread } = this.#chat.transcript;
    const isKept = this.isShared ? this.#isLooking : thread.hasForks;
    const address = new URL(location);
    if (isKept && thread.lastId) address.searchParams.set("at", thread.lastId);
    else address.searchParams.delete("at");
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  }

  #render() {
    const lines = this.#lines();
    if (!lines.length && this.#pill.hidden && !this.#chat.transcript.querySelector("other-version")) return;
    this.#inSight.disconnect();
    for (const line of this.#chat.transcript.querySelectorAll("other-version")) {
      if (!lines.some((one) => one.key === line.key && one.at?.contains(line))) line.remove();
    }
    for (const line of lines) this.#put(line);
    this.#showPill(lines.find(({ isBack }) => !isBack));
  }

  /** Shows the line above the composer, as long as it is out of sight at its fork. */
  #showPill(line) {
    this.#pill.hidden = !line || Boolean(line.at);
    if (!line) return;
    this.#pill.fill(line, () => this.#go(line));
    if (line.at) this.#inSight.observe(line.at.querySelector("other-version"));
  }

  #put(line) {
    if (!line.at || [...line.at.querySelectorAll("other-version")].some(({ key }) => key === line.key)) return;
    const element = document.createElement("other-version");
    line.at.append(element);
    element.fill(line, () => this.#go(line));
  }

  #lines() {
    const { thread } = this.#chat.transcript;
    const lines = this.#told.map(lineAbout);
    if (this.#followed?.back && thread.find(this.#followed.version)) lines.push(lineBack(this.#followed));
    return lines.map((line) => ({ ...line, at: thread.versionAt(line.look.fork) }));
  }

  #go({ look }) {
    const { transcript } = this.#chat;
    this.#chat.act(transcript, { type: "branch.show", ...look });
  }
}
