/** The sidebar's conversations: the one that moves goes to the top. */

import { clone } from "../helpers/templates.js";
import { page } from "../models/page.js";

const PAUSE = 200;

class ConversationList extends HTMLElement {
  #timer = 0;
  #gone = new Set();

  connectedCallback() {
    this.#more.addEventListener("click", () => this.#showMore());
    this.addEventListener("click", ({ target }) => this.#open(target.closest(".row__more")?.closest(".row")));
    this.#search.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#look(), PAUSE);
    });
    document.addEventListener("ended", ({ detail }) => this.remove(detail));
  }

  /** Shows what changed of a conversation, unless newer is shown already; what moved last stands first. */
  update({ id, revision, title, team, updated_at, streaming, unread }) {
    const row = this.#find(id) ?? this.#add(id);
    // Not every announcement tells of replies: what one does is judged by those that do.
    if (streaming !== undefined && isNews(row, "marked", revision)) row.toggleAttribute("data-streaming", streaming);
    if (!isNews(row, "revision", revision)) return;
    const link = row.querySelector(".row__link");
    if (title !== undefined) row.querySelector(".row__title").textContent = title;
    if (team !== undefined) row.querySelector(".row__team").textContent = team?.name ?? "";
    row.toggleAttribute("data-unread", !link.ariaCurrent && (unread ?? row.hasAttribute("data-unread")));
    if (updated_at) this.#place(row, updated_at);
  }

  remove(id) {
    this.#gone.add(id);
    for (const row of this.querySelectorAll(`.row[data-id="${CSS.escape(id)}"]`)) row.remove();
  }

  /** Marks the conversation as the open one and returns what its row says of it. */
  choose(id) {
    const row = this.#find(id) ?? this.#add(id);
    this.querySelector("[aria-current=page]")?.removeAttribute("aria-current");
    row.querySelector(".row__link").ariaCurrent = "page";
    row.removeAttribute("data-unread");
    const [title, team] = [".row__title", ".row__team"].map((part) => row.querySelector(part).textContent);
    return { title, team: team && { name: team } };
  }

  /** What may have moved while there was no connection; what went while we asked is gone. */
  async refresh() {
    this.#gone.clear();
    const { results } = await this.#fetch("");
    for (const conversation of results.filter(({ id }) => !this.#gone.has(id))) this.update(toRow(conversation));
  }

  async #open(row) {
    if (!row) return;
    await import("./conversation-panel.js");
    document.querySelector("conversation-panel").open(row.dataset.id, row.querySelector(".row__title").textContent);
  }

  /** What has these words in its title or a message, in the place of the list; the list again where there are none. */
  async #look() {
    const words = this.#search.value.trim();
    const { results } = words ? await this.#fetch(`?q=${encodeURIComponent(words)}`) : { results: [] };
    if (words !== this.#search.value.trim()) return;
    this.dataset.found = words && results.length;
    this.querySelector(".rows--found").replaceChildren(...results.map(toFound));
  }

  async #showMore() {
    const { results, next } = await this.#fetch(`?cursor=${encodeURIComponent(this.dataset.next)}`);
    for (const conversation of results) this.update(toRow(conversation));
    this.dataset.next = next ?? "";
    this.#more.hidden = !next;
  }

  async #fetch(query) {
    const nothing = { results: [], next: this.dataset.next };
    try {
      const response = await fetch(page.api.conversations + query, { headers: { Accept: "application/json" } });
      return response.ok ? await response.json() : nothing;
    } catch {
      return nothing; // The network went away again; the next connection asks anew.
    }
  }

  #add(id) {
    const row = newRow(id);
    row.dataset.updated = new Date().toISOString();
    this.#rows.prepend(row);
    return row;
  }

  /** Above the first that moved before it; one that stands right is not touched, for it may have the focus. */
  #place(row, updated) {
    row.dataset.updated = updated;
    if (standsRight(row)) return;
    this.#rows.insertBefore(row, [...this.#rows.children].find((other) => movedAt(other) < movedAt(row)) ?? null);
  }

  #find(id) {
    return this.#rows.querySelector(`.row[data-id="${CSS.escape(id)}"]`);
  }

  get #rows() {
    return this.querySelector(".rows:not(.rows--found)");
  }

  get #search() {
    return this.querySelector(".sidebar__search");
  }

  get #more() {
    return this.querySelector(".sidebar__more");
  }
}

function newRow(id) {
  const row = clone("row-template");
  row.dataset.id = id;
  row.querySelector(".row__link").href = page.urls.conversation(id);
  return row;
}

function toFound({ id, title, audience }) {
  const row = newRow(id);
  row.querySelector(".row__title").textContent = title;
  row.querySelector(".row__team").textContent = audience.team?.name ?? "";
  return row;
}

const movedAt = ({ dataset }) => Date.parse(dataset.updated);

/** Whether a row may stay between its neighbours: two may have moved in the same millisecond. */
function standsRight(row) {
  const [above, below] = [row.previousElementSibling, row.nextElementSibling];
  return (!above || movedAt(above) >= movedAt(row)) && (!below || movedAt(row) >= movedAt(below));
}

/** Whether this revision is no older than what the row shows; then it is what it shows. */
function isNews(row, kind, revision) {
  if (revision < Number(row.dataset[kind])) return false;
  row.dataset[kind] = revision;
  return true;
}

const toRow = (conversation) => ({ ...conversation, team: conversation.audience.team ?? null });

customElements.define("conversation-list", ConversationList);
