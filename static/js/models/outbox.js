/** The message that was sent and not yet acknowledged; it survives a reload and is sent again with the same id. */

import { thisTab } from "../helpers/keep.js";

export class Outbox {
  get pending() {
    const kept = thisTab.get("outbox");
    return kept ? JSON.parse(kept) : null;
  }

  put(command) {
    thisTab.set("outbox", JSON.stringify(command));
  }

  clear() {
    thisTab.set("outbox", "");
  }
}
