/** Browser storage that never fails: where it is full or forbidden, things are kept in memory. */

class Keep {
  #name;
  #memory = new Map();

  constructor(name) {
    this.#name = name;
  }

  get(key) {
    if (this.#memory.has(key)) return this.#memory.get(key);
    return this.#try((storage) => storage.getItem(key)) ?? "";
  }

  set(key, text) {
    this.#memory.set(key, text);
    this.#try((storage) => (text ? storage.setItem(key, text) : storage.removeItem(key)));
  }

  #try(use) {
    try {
      return use(window[this.#name]);
    } catch {
      return null; // Reading the property itself throws where storage is switched off.
    }
  }
}

/** Shared by all tabs and kept for good. */
export const forever = new Keep("localStorage");
/** This tab's alone; survives a reload. */
export const thisTab = new Keep("sessionStorage");
