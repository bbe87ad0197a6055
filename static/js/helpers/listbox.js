/** Which row of a listbox is active, while the focus stays where somebody types. Source: ARIA Authoring Practices Guide. */

const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };

export class Listbox {
  #list;
  #holders;
  #changed;

  active = null;

  /** `holders` may have the focus; `changed` hears which row is active. */
  constructor(list, holders, changed) {
    [this.#list, this.#holders, this.#changed] = [list, holders, changed];
  }

  get rows() {
    return [...this.#list.querySelectorAll("[role=option]")];
  }

  activate(row) {
    this.active?.removeAttribute("data-active");
    this.active = row ?? null;
    row?.setAttribute("data-active", "");
    row?.scrollIntoView({ block: "nearest" });
    for (const holder of this.#holders) {
      if (row) holder.setAttribute("aria-activedescendant", row.id);
      else holder.removeAttribute("aria-activedescendant");
    }
    this.#changed(this.active);
  }

  /** Moves by this key, if it is one to move by; letters seek a row where nobody writes them. */
  move(key, mayBeLetter) {
    if (key in STEPS) this.#step(STEPS[key]);
    else if (mayBeLetter && key.length === 1) this.#seek(key.toLowerCase());
    else return false;
    return true;
  }

  /** From the last row the next one is the first; pages end there. */
  #step(by) {
    const { rows } = this;
    const next = rows.indexOf(this.active) + by;
    const isOver = Math.abs(by) === 1 && (next < 0 || next >= rows.length);
    this.activate(isOver ? rows.at(by > 0 ? 0 : -1) : rows[Math.max(0, Math.min(next, rows.length - 1))]);
  }

  #seek(letter) {
    const { rows } = this;
    const place = rows.indexOf(this.active) + 1;
    const inTurn = [...rows.slice(place), ...rows.slice(0, place)];
    this.activate(inTurn.find((row) => row.textContent.trim().toLowerCase().startsWith(letter)) ?? this.active);
  }
}
