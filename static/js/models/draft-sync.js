/**
 * What is written in the composer, kept with the account, so that its person goes on with it on another device.
 *
 * Files stay in their browser. A draft has an `origin`, which the tab that began it chose and whoever goes on with it keeps, and a
 * new `version` with each save. What this tab knows of the account's row is stored beside the draft as `synced`:
 * {origin, over, text, place}, where `over` are the versions that its next save replaces: the last one known, and those
 * that got no answer. The box follows the account only while it is empty or holds `text` unchanged.
 */

import { call } from "../helpers/api.js";
import { putBefore } from "../helpers/fields.js";
import { newId } from "../helpers/ids.js";
import { phrase } from "../helpers/phrases.js";
import { forever } from "../helpers/storage.js";
import { clone } from "../helpers/templates.js";
import { page } from "./page.js";
import { DRAFTS, SYNCED } from "./unsent.js";

const PAUSE = 1_000;
const [MOST_VERSIONS, MOST_SHOWN] = [20, 60];
const ours = `${SYNCED}${page.person.id}:`;

class DraftSync {
  #composer;
  #offered = clone("paste-offer-template");
  #other = "";
  #timer = 0;
  #isSaving = false;
  #isLate = false;
  #isOver = false;

  constructor(composer) {
    this.#composer = composer;
    composer.text.after(this.#offered);
  }

  async start() {
    const { filled, socket, text } = this.#composer;
    text.addEventListener("input", () => this.#later());
    for (const event of ["send", "begun"]) this.#composer.addEventListener(event, () => this.#later(0));
    this.#offered.querySelector("button").addEventListener("click", () => this.#insert());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#save(true) : this.#look()));
    addEventListener("pagehide", () => this.#save(true), true); // Before the socket closes.
    socket.addEventListener("open", () => this.#look());
    const signOut = document.querySelector(".sign-out");
    signOut.addEventListener("submit", ({ defaultPrevented }) => (this.#isOver = !defaultPrevented));
    await filled;
    this.#compare(JSON.parse(document.getElementById("drafts")?.textContent ?? "[]"));
    this.#later();
  }

  /** Asks what other devices have stored meanwhile. */
  async #look() {
    if (!this.#composer.socket.isOpen || this.#isIdle) return;
    const address = page.conversation ? `${page.api.drafts}?conversation=${page.conversation}` : page.api.drafts;
    this.#compare((await call("GET", address).catch(() => null)) ?? []);
    this.#later();
  }

  #compare(rows) {
    const { draft, isBlank, text } = this.#composer;
    const known = draft.synced;
    const mine = known && rows.find(({ origin }) => origin === known.origin);
    if (mine && known.over.includes(mine.version)) draft.synced = { ...known, over: [mine.version], text: mine.text };
    else if (mine && text.value === known.text) this.#take(mine);
    else if (mine) this.#differ(mine);
    else if (isBlank) {
      const left = rows.find((row) => row.text && !isHere(row.origin));
      if (left) this.#take(left);
    }
    rows.forEach((row) => this.#end(row));
  }

  /** The box holds what another device has stored. */
  #take({ origin, version, text }) {
    const { draft, text: box } = this.#composer;
    box.value = text;
    draft.synced = text ? { origin, over: [version], text, place: page.conversation } : null;
    box.dispatchEvent(new Event("input", { bubbles: true })); // As if typed.
  }

  /** Two devices went on from one text: this one's is stored next, the other is offered. */
  #differ({ version, text }) {
    const { draft, text: box } = this.#composer;
    draft.synced = { ...draft.synced, over: [version], text };
    if (!text || text === box.value) return;
    this.#other = text;
    const line = text.replace(/\s+/g, " ").trim();
    const shown = line.length > MOST_SHOWN ? `${line.slice(0, MOST_SHOWN)}…` : line;
    this.#offered.querySelector("span").textContent = phrase("draft.elsewhere", { text: shown });
    this.#offered.hidden = false;
  }

  #insert() {
    const { text } = this.#composer;
    putBefore(text, this.#other);
    this.#offered.hidden = true;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  }

  /** A draft that was sent or emptied here without a connection is emptied for the other devices, too. */
  #end({ origin, version, text }) {
    const key = text && forever.keys(ours).find((name) => JSON.parse(forever.get(name)).origin === origin);
    if (!key || key === ours + this.#composer.draft.name || forever.get(key.replace(SYNCED, DRAFTS))) return;
    forever.set(key, "");
    this.#put({ origin, version: newUuid(), over: [version], text: "" }).catch(() => {});
  }

  #later(pause = PAUSE) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), pause);
  }

  async #save(isLeaving = false) {
    clearTimeout(this.#timer);
    if (this.#isSaving && !isLeaving) return (this.#isLate = true);
    const { draft, socket, text } = this.#composer;
    const [written, place] = [text.value, page.conversation];
    const known = draft.synced ?? { origin: newUuid(), over: [], text: "", place };
    const isKept = written === known.text && (place === known.place || !written);
    if (isKept || this.#isIdle || !socket.isOpen || written.length > this.#composer.dataset.limit) return;
    const version = newUuid();
    const over = known.over.slice(-MOST_VERSIONS);
    draft.synced = { ...known, over: [...over, version] };
    this.#isSaving = true;
    const row = await this.#put({ origin: known.origin, version, over, text: written }, isLeaving).catch(() => null);
    this.#isSaving = false;
    if (row?.version === version) draft.synced = written ? { origin: known.origin, over: [version], text: written, place } : null;
    else if (row) this.#differ(row);
    if (this.#isLate || (row && row.version !== version)) this.#later();
    this.#isLate = false;
  }

  #put(draft, keepalive = false) {
    return call("PUT", page.api.drafts, { ...draft, conversation: page.conversation || null }, { keepalive });
  }

  /** Nobody writes here, or nobody is to know of it. */
  get #isIdle() {
    return this.#isOver || this.#composer.text.disabled;
  }
}

/** As the server writes it. */
function newUuid() {
  return newId().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Whether a tab of this browser began this draft or went on with it: then it is that tab's. */
function isHere(origin) {
  return forever.keys(ours).some((key) => JSON.parse(forever.get(key)).origin === origin);
}

new DraftSync(document.querySelector("message-composer")).start();
