/**
 * Where what a person writes lives: its text and files, its place, its tab.
 *
 * A tab's words are its own. A draft is stored in the browser under its place and its tab; no other tab reads or changes it
 * while that tab shows it. A place is a conversation, the wording of a question ("edit:" and its id), or a new
 * conversation, which has a name of its own in each tab until it has begun ("new:" and an id).
 *
 * | event | this tab | other tabs, other people |
 * | --- | --- | --- |
 * | type, add a file | text and the files' ids are stored with each change | notice nothing |
 * | typed before the scripts came | stands behind the stored draft; both stay | |
 * | send | the draft is empty; the message is the outbox's | whichever has a connection sends it |
 * | switch the conversation, reload | each place has its own draft; files stay while the server keeps them, else it is said | |
 * | second tab at the place | | empty; what this one shows is not shown there |
 * | this tab is closed, crashes or goes elsewhere | gets its draft back at that place, unless it was taken over | the next tab that opens the place empty takes it over |
 * | duplicate tab | | a name, a box and a new conversation of its own |
 * | a message was refused | it stands before what was written since, and why | goes to the tab that wrote it; if that is gone, as above |
 * | Escape in an editor | the wording is kept for the next time; Cancel drops it | |
 * | a chosen sign-out | asks if anything is unsent and not with the account, then all is forgotten | the same: nothing stays in the browser |
 * | the session ends by itself | all waits for this person | another person sees nothing of it |
 * | other device | a pause, the page is left: the text, not the files, is kept with the account (models/draft-sync.js) | one that opens the place empty takes it over; the same text, unchanged there, follows; of two that differ the later one is kept and the other offered |
 * | sent or emptied | the account's text is deleted, at the latest after 30 days | a box that holds it unchanged is empty |
 *
 * sessionStorage is copied when a tab is duplicated, so a name in it proves nothing: the tab's counts only if the page
 * before has left its mark, which it does when it is left, and holds the draft's name meanwhile (helpers/holds.js).
 */

import { claim, hold } from "../helpers/holds.js";
import { newId } from "../helpers/ids.js";
import { fetchElement } from "../helpers/loading.js";
import { forever, thisTab } from "../helpers/storage.js";
import { page } from "./page.js";
import { DRAFTS, RETURNED, SYNCED } from "./unsent.js";

const [NAME, LEFT, PLACE] = ["tab", "tab-left", "place"];
const NEW = "new:";
const written = `${DRAFTS}${page.person.id}:`;
const returned = `${RETURNED}${page.person.id}:`;
const synced = `${SYNCED}${page.person.id}:`;

let tab = (thisTab.get(LEFT) && thisTab.get(NAME)) || renamed();
thisTab.set(LEFT, "");
addEventListener("pagehide", () => thisTab.set(LEFT, "left"));
addEventListener("pageshow", () => thisTab.set(LEFT, ""));

/** The name of this tab; it goes with what it writes. */
export const tabName = () => tab;

/** Where what this tab writes belongs to: a conversation or, before the server knows of one, a name of our own. */
export function placeOf(conversation) {
  if (conversation) return conversation;
  if (!thisTab.get(PLACE)) thisTab.set(PLACE, NEW + newId());
  return thisTab.get(PLACE);
}

/** What this tab writes from now on without a conversation begins another one; only at this place, if one is named. */
export function leavePlace(place = thisTab.get(PLACE)) {
  if (thisTab.get(PLACE) === place) thisTab.set(PLACE, "");
}

export class Draft extends EventTarget {
  #place;
  #release = () => {};

  /** This tab's draft at a place, shown until `letGo`. Dispatches "returned" when a message comes back to it. */
  constructor(place) {
    super();
    this.#show(place);
    addEventListener("storage", ({ key, newValue }) => {
      if (newValue && key === returned + this.name) this.dispatchEvent(new Event("returned"));
    });
  }

  /** What is kept: {text, files}. */
  get kept() {
    return read(written + this.name) ?? { text: "", files: [] };
  }

  keep({ text, files = [] }) {
    const isEmpty = !text && !files.length;
    forever.set(written + this.name, isEmpty ? "" : JSON.stringify({ text, files, at: Date.now() }));
  }

  /** What the account has of it, see models/draft-sync.js; null where it has nothing. */
  get synced() {
    return read(synced + this.name);
  }

  set synced(known) {
    forever.set(synced + this.name, known ? JSON.stringify(known) : "");
  }

  /** Takes out the messages that came back: [{text, files, code}], the oldest first. */
  takeReturned() {
    return take(returned + this.name) ?? [];
  }

  /** Takes over the newest draft that a tab has left at this place: {text, files, returned}; null where there is none. */
  async takeOver() {
    for (const name of this.#others) {
      if (!(await claim(name))) continue;
      const [draft, messages] = [take(written + name), take(returned + name)];
      if (draft) this.synced = take(synced + name);
      if (draft || messages) return { text: "", files: [], ...draft, returned: messages ?? [] };
    }
    return null;
  }

  /** What is written here belongs to another place now. */
  moveTo(place) {
    const { kept, synced: known } = this;
    this.keep({ text: "" });
    this.synced = null;
    this.letGo();
    this.#show(place);
    this.keep(kept);
    this.synced = known;
  }

  /** It is no longer shown. */
  letGo() {
    this.#release();
  }

  #show(place) {
    this.#place = place.startsWith(NEW) ? "" : place;
    this.#release = hold(this.name, () => this.#renameTab());
  }

  /** Another tab goes by our name: both were copied from one that had been left. */
  #renameTab() {
    const { kept } = this;
    tab = renamed();
    this.#show(this.#place);
    this.keep(kept);
  }

  get name() {
    return nameOf(this.#place, tab);
  }

  /** Names of other tabs' drafts at this place, the one that was written last first. */
  get #others() {
    const names = [written, returned].flatMap((kind) => {
      return forever.keys(`${kind}${this.#place}:`).map((key) => key.slice(kind.length));
    });
    const others = [...new Set(names)].filter((name) => name !== this.name);
    return others.sort((one, other) => writtenAt(other) - writtenAt(one));
  }
}

/** From the first key on, or with what other devices have left, the account keeps what the composer holds. */
export function shareDrafts(composer, socket) {
  composer.socket = socket;
  const share = () => document.hidden || fetchElement("draft-sync", () => import("./draft-sync.js"));
  composer.text.addEventListener("input", share);
  document.addEventListener("visibilitychange", share);
  if (document.getElementById("drafts")) share();
}

/** Whether a message that this tab wrote at a place may come back to the tab that asks: its own is here, or gone. */
export async function mayReturn({ place, tab: writer = tab }) {
  return writer === tab || claim(nameOf(place, writer));
}

/** Puts a message that was not sent back to the draft of the tab that wrote it; `code` says why, if it was refused. */
export function giveBack({ place, tab: writer = tab }, message) {
  const key = returned + nameOf(place, writer);
  forever.set(key, JSON.stringify([...(read(key) ?? []), message]));
}

function nameOf(place, writer) {
  return `${place.startsWith(NEW) ? "" : place}:${writer}`;
}

function renamed() {
  thisTab.set(NAME, newId());
  leavePlace();
  return thisTab.get(NAME);
}

const writtenAt = (name) => read(written + name)?.at ?? 0;

/** What is kept there; null where there is nothing, or something that is not ours. */
function read(key) {
  try {
    return JSON.parse(forever.get(key) || null);
  } catch {
    return null;
  }
}

function take(key) {
  const kept = read(key);
  forever.set(key, "");
  return kept;
}
