/**
 * A list of what may stand where somebody writes, behind a sign such as “@”. The focus stays in the field: arrow keys move
 * in the list, Enter and Tab choose, Escape closes it until another sign is written.
 *
 * A source is {pattern, find}. `pattern` matches the text before the caret, from the sign on, and its group `words` is what
 * was written behind the sign. `find(words)` returns items, or a promise of them: {label, note, text}, where `text` takes
 * the place of the sign and the words; or with `choose()`, which is called once they are gone.
 * Source: ARIA Authoring Practices Guide, "Editable Combobox With List Autocomplete".
 */

import { Listbox } from "../helpers/listbox.js";
import { placeBeside } from "../helpers/popover-position.js";
import { clone } from "../helpers/templates.js";

const MOST = 8;
let count = 0;

export class CompletionList {
  #field;
  #sources;
  #list = clone("completion-template");
  #listbox;
  #items = [];
  /** Where the sign stands, and where it stood when the list was closed by its reader. */
  #start = -1;
  #closedAt = -1;
  #asked = 0;

  constructor(field, sources) {
    [this.#field, this.#sources] = [field, sources];
    count += 1;
    this.#list.id = `completion-${count}`;
    field.after(this.#list); // It goes with the field.
    this.#listbox = new Listbox(this.#list, [field], (row) => this.#showActive(row));
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.#list.id);
    for (const event of ["input", "click"]) field.addEventListener(event, () => this.look());
    field.addEventListener("keydown", (event) => this.#keyDown(event), true); // Before Enter sends.
    field.addEventListener("blur", () => this.#close());
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault()); // The focus stays.
    this.#list.addEventListener("click", ({ target }) => this.#choose(target.closest("[role=option]")));
    this.look();
  }

  /** Offers what fits the words before the caret. */
  async look() {
    this.#asked += 1;
    const number = this.#asked;
    const found = this.#match();
    if (!found || found.start !== this.#closedAt) this.#closedAt = -1;
    this.#items = []; // What is shown fits other words until its successor is there: nobody chooses it.
    const items = found && this.#closedAt < 0 ? await found.source.find(found.words) : [];
    if (number !== this.#asked) return; // Something else has been written meanwhile.
    this.#start = found?.start ?? -1;
    this.#show(items.slice(0, MOST));
  }

  get #isOpen() {
    return this.#list.matches(":popover-open");
  }

  #match() {
    const { selectionStart, selectionEnd, value } = this.#field;
    if (selectionStart !== selectionEnd || document.activeElement !== this.#field) return null;
    const before = value.slice(0, selectionStart);
    const matches = this.#sources.map((source) => ({ source, match: source.pattern.exec(before) }));
    const first = matches.find(({ match }) => match);
    return first ? { source: first.source, start: first.match.index, words: first.match.groups.words } : null;
  }

  #show(items) {
    this.#items = items;
    if (!items.length) return this.#close();
    this.#list.replaceChildren(...items.map((item, number) => rowOf(item, `${this.#list.id}-${number}`)));
    if (!this.#isOpen) this.#list.showPopover();
    placeBeside(this.#list, this.#field);
    this.#listbox.activate(this.#listbox.rows[0]);
  }

  #close() {
    this.#asked += 1;
    if (!this.#isOpen) return;
    this.#list.hidePopover();
    this.#listbox.activate(null);
  }

  #showActive(active) {
    for (const row of this.#listbox.rows) row.ariaSelected = String(row === active);
  }

  #choose(row) {
    const item = this.#items[this.#listbox.rows.indexOf(row)];
    if (!item) return;
    this.#close();
    this.#field.setRangeText(item.text ?? "", this.#start, this.#field.selectionStart, "end");
    this.#field.dispatchEvent(new Event("input", { bubbles: true })); // As if typed.
    item.choose?.();
  }

  #keyDown(event) {
    const { key } = event;
    if (!this.#isOpen || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (key === "Escape") {
      this.#closedAt = this.#start;
      this.#close();
    } else if (["Enter", "Tab"].includes(key)) this.#choose(this.#listbox.active);
    else if (!this.#listbox.move(key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}

function rowOf({ label, note }, id) {
  const row = clone("completion-row-template");
  row.id = id;
  row.querySelector(".completion__label").textContent = label;
  row.querySelector(".completion__note").textContent = note ?? "";
  return row;
}
