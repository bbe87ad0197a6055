/**
 * One foldable part of the sidebar's list: its rows, the newest first, and the way to older ones.
 *
 * Its rows stand in pieces, each a list of its own: the browser leaves those out that are far from sight.
 */

import { movedAt, neighbour, standsRight } from "../helpers/conversation-rows.js";
import { fetchList, MOST_ROWS } from "../helpers/fetch-list.js";
import { rememberFolded } from "../helpers/sidebar-cookie.js";

const QUERIES = {
  pinned: { pinned: true, archived: false },
  team: { kind: "team", pinned: false, archived: false },
  named: { kind: "named", pinned: false, archived: false },
  private: { kind: "private", pinned: false, archived: false },
};
/** So far below the lower edge the next rows are fetched already. */
const AHEAD = "300px";
const PIECE = 25; // rows

export class ListSection {
  #root;
  #take;
  #observer;
  #isFetching = false;
  /** How far back its rows are complete: milliseconds. The open one may stand alone below them. */
  #reach = -Infinity;

  /** `take` is given the conversations of each answer. */
  constructor(root, take) {
    [this.#root, this.#take] = [root, take];
    const complete = this.#rows.filter((row) => !row.querySelector("[aria-current]"));
    if (root.dataset.next && complete.length) this.#reach = movedAt(complete.at(-1));
    this.more.addEventListener("click", () => this.showMore());
    root.addEventListener("toggle", () => rememberFolded(this.name, !root.open));
    const around = { root: root.closest("conversation-list"), rootMargin: AHEAD };
    this.#observer = new IntersectionObserver((entries) => this.#cameInSight(entries.at(-1).isIntersecting), around);
    this.#watchEnd();
  }

  get name() {
    return this.#root.dataset.section;
  }

  get count() {
    return this.#rows.length;
  }

  get #rows() {
    return [...this.#root.querySelectorAll(".row")];
  }

  /** The pieces of its rows. Only the first may be empty. */
  get #pieces() {
    const pieces = [...this.#root.children].filter((one) => one.matches(".rows"));
    for (const piece of pieces.slice(1)) if (!piece.firstElementChild) piece.remove();
    return pieces.filter((piece) => piece.isConnected);
  }

  get more() {
    return this.#root.querySelector(".sidebar__more");
  }

  /** Whether a conversation that moved then stands above what is not shown yet. */
  reaches(updated) {
    return Date.parse(updated) >= this.#reach;
  }

  /** Puts a row where it belongs; one that stands right is not touched, for it may have the focus. */
  place(row) {
    const piece = this.#pieces.at(-1);
    if (this.#root.contains(row) && standsRight(row)) return;
    const isBelow = (other) => other !== row && movedAt(other) < movedAt(row);
    const end = piece.lastElementChild;
    const last = end === row ? neighbour(row, "previous") : end;
    if (last && isBelow(last)) this.#rows.find(isBelow).before(row);
    else this.#append(piece, row); // So is what scrolling brings: nothing else is looked through.
  }

  #append(piece, row) {
    if (piece.childElementCount < PIECE) return piece.append(row);
    const next = piece.cloneNode();
    piece.after(next);
    next.append(row);
  }

  /** Shows as many rows as there were; true if there are more now. */
  async showAtLeast(count) {
    const limit = Math.min(count - this.count, MOST_ROWS);
    return limit > 0 && this.showMore({ limit });
  }

  async showMore(limit = {}) {
    if (!this.#root.dataset.next || this.#isFetching) return false;
    this.#isFetching = true;
    const more = await fetchList({ ...QUERIES[this.name], ...limit, cursor: this.#root.dataset.next });
    this.#isFetching = false;
    if (!more) return false;
    this.#take(more.results);
    this.#root.dataset.next = more.next ?? "";
    this.#reach = more.next ? Date.parse(more.results.at(-1).updated_at) : -Infinity;
    this.more.hidden = !more.next;
    this.#watchEnd();
    return true;
  }

  /** Whether more rows push nothing away: none stand alone below those that are complete, and no other section. */
  get #growsFreely() {
    const last = this.#pieces.at(-1).lastElementChild;
    const open = [...document.querySelectorAll(".section[open]:has(.row)")];
    return last && movedAt(last) >= this.#reach && open.at(-1) === this.#root;
  }

  #cameInSight(isIntersecting) {
    if (isIntersecting && this.#growsFreely) this.showMore();
  }

  /** The end may be in sight again: what the observer has told of it counts no longer. */
  #watchEnd() {
    this.#observer.unobserve(this.more);
    this.#observer.observe(this.more);
  }
}
