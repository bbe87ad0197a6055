/** Browser storage that never fails: what it is too full for, or forbidden to hold, is kept in memory. */

class BrowserStorage {
  #name;
  #memory = new Map();

  constructor(name) {
    this.#name = name;
  }

  get(key) {
    return this.#memory.get(key) ?? this.#try((storage) => storage.getItem(key)) ?? "";
  }

  /** Other tabs see it too, unless it had to stay in memory. */
  set(key, text) {
    const isKept = this.#try((storage) => {
      if (text) storage.setItem(key, text);
      else storage.removeItem(key);
      return true;
    });
    if (isKept) this.#memory.delete(key);
    else this.#memory.set(key, text);
  }

  clear() {
    this.#memory.clear();
    this.#try((storage) => storage.clear());
  }

  /** The keys with this beginning that hold something. */
  keys(beginning) {
    const all = new Set([...(this.#try((storage) => Object.keys(storage)) ?? []), ...this.#memory.keys()]);
    return [...all].filter((key) => key.startsWith(beginning) && this.get(key));
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
export const forever = new BrowserStorage("localStorage");
/** This tab's alone; survives a reload. */
export const thisTab = new BrowserStorage("sessionStorage");
