/** One foldable part of the sidebar's list: its rows, the newest first, and the way to older ones. */

import { movedAt, standsRight } from "../helpers/conversation-rows.js";
import { fetchList, MOST_ROWS } from "../helpers/fetch-list.js";
import { rememberFolded } from "../helpers/sidebar-cookie.js";

const QUERIES = {
  pinned: { pinned: true, archived: false },
  team: { kind: "team", pinned: false, archived: false },
  private: { kind: "private", pinned: false, archived: false },
};
/** So far below the lower edge the next rows are fetched already. */
const AHEAD = "300px";

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
    const complete = [...this.rows.children].filter((row) => !row.querySelector("[aria-current]"));
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

  get rows() {
    return this.#root.querySelector(".rows");
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
    if (row.parentElement === this.rows && standsRight(row)) return;
    const isBelow = (other) => other !== row && movedAt(other) < movedAt(row);
    const { lastElementChild: end, children } = this.rows;
    const last = end === row ? row.previousElementSibling : end;
    const isLast = !last || !isBelow(last); // So is what scrolling brings: nothing else is looked through.
    this.rows.insertBefore(row, isLast ? null : [...children].find(isBelow));
  }

  /** Shows as many rows as there were; true if there are more now. */
  async showAtLeast(count) {
    const limit = Math.min(count - this.rows.childElementCount, MOST_ROWS);
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
    const last = this.rows.lastElementChild;
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
