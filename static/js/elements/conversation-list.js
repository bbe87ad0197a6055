/** The sidebar's conversations, in sections: the one that moves goes to the top of its own. */

import { keepAges, stamp } from "../helpers/ages.js";
import { fill, isNews, movedAt, newRow, sectionOf, stateOf, toFound, toRow } from "../helpers/conversation-rows.js";
import { fetchAtLeast, fetchConversation, fetchList, FIRST_ROWS } from "../helpers/fetch-list.js";
import { keepPlace, returnToPlace } from "../helpers/list-place.js";
import { fetchPart } from "../helpers/loading.js";
import { whenReleased } from "../helpers/pressing.js";
import { ListSection } from "../models/list-section.js";
import { page } from "../models/page.js";

const PAUSE = 200;
const BEGUN = 10; // A conversation's revision after its first question, whichever number of models was asked.

class ConversationList extends HTMLElement {
  #timer = 0;
  #gone = new Set();
  #sections = {};
  /** Answers that are awaited, by conversation. */
  #asked = new Map();
  /** The cursor behind the hits in sight. */
  #nextFound = null;

  connectedCallback() {
    for (const root of this.querySelectorAll(".section")) {
      this.#sections[root.dataset.section] = new ListSection(root, (results) => results.map(toRow).forEach((one) => this.update(one)));
    }
    this.#more.addEventListener("click", () => this.#showMoreFound());
    this.addEventListener("click", (event) => this.#clicked(event));
    this.#search.addEventListener("input", ({ isComposing }) => isComposing || this.#lookSoon());
    this.#search.addEventListener("compositionend", () => this.#lookSoon());
    const sections = Object.values(this.#sections);
    addEventListener("pagehide", () => keepPlace(this, sections));
    document.getElementById("sidebar").addEventListener("toggle", ({ newState }) => newState === "open" && returnToPlace(this, sections));
    keepAges(this);
    returnToPlace(this, sections);
    if (this.#search.value) this.#look(); // It was typed before this script came.
    document.addEventListener("arranged", ({ detail }) => this.update(toRow(detail)));
    document.addEventListener("ended", ({ detail }) => this.remove(detail));
  }

  /** Shows what changed of a conversation, unless newer is shown already; what moved last stands first in its section. */
  update({ id, revision, updated_at, streaming, unread, archived, isNews: isToldNews = false, ...shown }) {
    if (archived) return this.remove(id);
    const known = this.find(id);
    const row = known ?? made(id);
    // What is shared or named otherwise does not move, and is nothing to read.
    const hasMoved = !known || Date.parse(updated_at) > movedAt(row);
    // Not every announcement tells of replies: what one does is judged by those that do.
    if (streaming !== undefined && isNews(row, "marked", revision)) row.toggleAttribute("data-streaming", streaming);
    if (!isNews(row, "revision", revision)) return;
    fill(row, shown);
    this.#mark(row, unread ?? ((isToldNews && hasMoved) || row.hasAttribute("data-unread")));
    if (updated_at) stamp(row, updated_at);
    this.#place(row);
  }

  /** What an event tells of a conversation, and its row then: one that is not in sight may be archived, or pinned. */
  async hear(event) {
    const isBegun = event.place?.person.id === page.person.id && event.revision <= BEGUN;
    if (isBegun || this.find(event.id)) this.update(event);
    else await this.#ask(event.id, event.isNews);
    return this.find(event.id);
  }

  /** Its place in this person's own list, as it was chosen in another tab. */
  async arrange({ conversation: id, archived, unread, ...shown }) {
    const row = this.find(id);
    if (archived) return this.remove(id);
    if (!row) return this.#ask(id);
    fill(row, shown);
    this.#mark(row, unread);
    this.#place(row);
  }

  remove(id) {
    this.#gone.add(id);
    for (const row of this.querySelectorAll(`.row[data-id="${CSS.escape(id)}"]`)) row.remove();
  }

  /** Marks the conversation as the open one and returns what its row says of it. */
  choose(id) {
    const row = this.find(id) ?? this.#place(made(id));
    this.querySelector("[aria-current=page]")?.removeAttribute("aria-current");
    row.querySelector(".row__link").ariaCurrent = "page";
    row.removeAttribute("data-unread");
    const [title, name] = [".row__title", ".row__team"].map((part) => row.querySelector(part).textContent);
    return { title, team: row.dataset.team && { name }, project_name: row.dataset.team ? "" : name };
  }

  find(id) {
    return document.getElementById(`row-${id}`);
  }

  /** What may have moved or gone while there was no connection; what goes while we ask is gone. */
  async refresh() {
    this.#gone.clear();
    const listed = [...this.querySelectorAll(".section .row")].map((row) => ({ row, revision: row.dataset.revision }));
    const news = await fetchAtLeast(listed.length);
    if (!news) return;
    const reaches = (one) => this.#sections[sectionOf(one)].reaches(one.updated_at);
    const isShown = (one, place) => !this.#gone.has(one.id) && (this.find(one.id) || (place < FIRST_ROWS && reaches(one)));
    for (const conversation of news.results.map(toRow).filter(isShown)) this.update(conversation);
    const isThere = new Set(news.results.map(({ id }) => id));
    for (const { row, revision } of listed) {
      const isMissing = !isThere.has(row.dataset.id) && movedAt(row) > news.oldest;
      if (isMissing && row.dataset.revision === revision) row.remove();
    }
  }

  /** Asks once at a time for a conversation that is not in sight. */
  async #ask(id, isToldNews) {
    this.#gone.delete(id);
    if (!this.#asked.has(id)) this.#asked.set(id, fetchConversation(id));
    const conversation = await this.#asked.get(id);
    this.#asked.delete(id);
    if (conversation && !this.#gone.has(id)) this.update({ ...toRow(conversation), isNews: isToldNews });
  }

  async #clicked(event) {
    const row = event.target.closest(".row");
    const button = event.target.closest(".row__more");
    if (button) (await fetchPart(() => import("./conversation-menu.js")))?.openAt(button, row);
    else if (row && event.shiftKey) this.#select(event, row);
  }

  /** Shift and a click select, where browsers would open a window. */
  async #select(event, row) {
    event.preventDefault();
    (await fetchPart(() => import("./list-selection.js")))?.begin(row);
  }

  #mark(row, isUnread) {
    row.toggleAttribute("data-unread", isUnread && row.querySelector(".row__link").ariaCurrent !== "page");
  }

  #place(row) {
    const place = () => this.#sections[sectionOf(stateOf(row))].place(row);
    if (row.isConnected) whenReleased(() => row.isConnected && place());
    else place();
    return row;
  }

  #lookSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), PAUSE);
  }

  get #words() {
    return this.#search.value.trim();
  }

  /** What has these words in its title or a message, in the place of the list; the list again where there are none. */
  async #look() {
    const words = this.#words;
    const found = words ? await fetchList({ q: words }) : { results: [], hits: {}, next: null };
    if (!found || words !== this.#words) return;
    whenReleased(() => {
      this.dataset.found = words && found.results.length;
      this.#found.replaceChildren(...toFound(found));
      this.#offerMore(found.next);
    });
  }

  async #showMoreFound() {
    const words = this.#words;
    const more = await fetchList({ q: words, cursor: this.#nextFound });
    if (!more || words !== this.#words) return;
    this.#found.append(...toFound(more));
    this.#offerMore(more.next);
  }

  #offerMore(next) {
    this.#nextFound = next;
    this.#more.hidden = !next;
  }

  get #found() {
    return this.querySelector(".rows--found");
  }

  get #search() {
    return this.querySelector(".sidebar__search");
  }

  get #more() {
    return this.querySelector(".sidebar__more--found");
  }
}

customElements.define("conversation-list", ConversationList);

/** A row that stands nowhere yet, of a conversation that moves now. */
function made(id) {
  const row = newRow(id);
  row.id = `row-${id}`;
  stamp(row, new Date().toISOString());
  return row;
}
