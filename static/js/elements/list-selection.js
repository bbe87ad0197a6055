/** Several conversations of the list at once: which are chosen, and the bar that says what to do with them. */

import { archive, drop } from "../helpers/conversation-acts.js";
import { stateOf } from "../helpers/conversation-rows.js";
import { phrase } from "../helpers/phrases.js";
import { clone } from "../helpers/templates.js";
import { page } from "../models/page.js";
import { chooseTarget } from "./conversation-menu.js";

/** Conversations of one zip that an address can name. */
const MOST_EXPORTED = 200;

class ListSelection {
  #list = document.querySelector("conversation-list");
  #bar = document.querySelector(".selection");
  /** The row from which a range goes. */
  #anchor = null;
  #isActive = false;

  constructor() {
    this.#bar.append(clone("selection-template"));
    this.#bar.addEventListener("click", ({ target }) => this.#act(target.closest("button")));
    this.#list.addEventListener("click", (event) => this.#clicked(event), { capture: true });
    document.addEventListener("keydown", (event) => this.#isActive && event.key === "Escape" && this.#end());
    for (const type of ["arranged", "ended"]) document.addEventListener(type, () => this.#isActive && queueMicrotask(() => this.#show()));
  }

  /** Chooses this row, and those between it and the one that was chosen before. */
  begin(row) {
    this.#setActive(true);
    for (const one of this.#between(row)) one.setAttribute("data-chosen", "");
    this.#anchor = row;
    this.#show();
  }

  get #rows() {
    return [...this.#list.querySelectorAll(".section[open] .row")];
  }

  get #chosen() {
    return this.#rows.filter((row) => row.hasAttribute("data-chosen"));
  }

  #between(row) {
    const rows = this.#rows;
    const [from, to] = [rows.indexOf(this.#anchor), rows.indexOf(row)].sort((one, other) => one - other);
    return from < 0 ? [row] : rows.slice(from, to + 1);
  }

  #clicked(event) {
    const row = event.target.closest(".section .row");
    if (!this.#isActive || !row) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) return this.begin(row);
    row.toggleAttribute("data-chosen");
    this.#anchor = row;
    this.#show();
  }

  #show() {
    const { length } = this.#chosen;
    for (const row of this.#rows) row.querySelector(".row__link").ariaDescription = row.hasAttribute("data-chosen") ? phrase("chosen") : null;
    this.#bar.querySelector(".selection__count").textContent = phrase("selected", { count: length });
    this.#offerExport();
    for (const button of this.#bar.querySelectorAll("[data-act=archive], [data-act=move], [data-act=delete]")) button.disabled = !length;
  }

  /** A link with the chosen conversations: an address has room for so many. */
  #offerExport() {
    const link = this.#bar.querySelector("[data-act=export]");
    const named = this.#chosen.slice(0, MOST_EXPORTED).map(({ dataset }) => ["conversation", dataset.id]);
    if (named.length) link.href = `${page.api.exportAll}?${new URLSearchParams(named)}`;
    else link.removeAttribute("href");
  }

  async #act(button) {
    const act = button?.dataset.act;
    const conversations = this.#chosen.map(stateOf);
    if (act === "all") return this.#chooseAll();
    if (act === "move") return chooseTarget(button, conversations);
    if (!act) return;
    this.#end();
    if (act === "archive") await archive(conversations);
    if (act === "delete") await drop(conversations);
  }

  #chooseAll() {
    for (const row of this.#rows) row.setAttribute("data-chosen", "");
    this.#show();
  }

  #end() {
    for (const row of this.#list.querySelectorAll("[data-chosen]")) row.removeAttribute("data-chosen");
    this.#anchor = null;
    this.#setActive(false);
  }

  #setActive(isActive) {
    this.#isActive = isActive;
    this.#bar.hidden = !isActive;
    this.#list.toggleAttribute("data-selecting", isActive);
  }
}

let selection = null;

/** Begins with this row, or takes all up to it along. */
export function begin(row) {
  selection ??= new ListSelection();
  selection.begin(row);
}
