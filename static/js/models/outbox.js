/** The message that was sent and not yet acknowledged; it survives a reload and is sent again with the same id. */

import { thisTab } from "../helpers/keep.js";

export class Outbox {
  get pending() {
    return this.#kept?.command ?? null;
  }

  /** What the server has said of the files that the pending message names. */
  get files() {
    return this.#kept?.files ?? [];
  }

  put(command, files) {
    thisTab.set("outbox", JSON.stringify({ command, files }));
  }

  clear() {
    thisTab.set("outbox", "");
  }

  get #kept() {
    const kept = thisTab.get("outbox");
    return kept ? JSON.parse(kept) : null;
  }
}
