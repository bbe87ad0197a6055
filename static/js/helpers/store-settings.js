/** The settings of a conversation that others may change at the same time. */

import { page } from "../models/page.js";
import { call } from "./api.js";
import { codeOf } from "./refused.js";

/**
 * Stores what was chosen for the open conversation. Returns it or, where others have changed meanwhile what was left as it
 * was `seen`, what is set then. Rejects with Refused; after a conflict it brings what is set as `now`.
 */
export async function storeSettings(chosen, { system_prompt, parameters }) {
  const address = page.api.conversation(page.conversation);
  try {
    const kept = await call("PATCH", address, { ...chosen, seen: { system_prompt, parameters } });
    return !kept || isSame(kept, chosen) ? chosen : kept;
  } catch (error) {
    if (codeOf(error) === "conflict") error.now = await call("GET", address);
    throw error;
  }
}

/** The database may keep parameters in another order. */
function isSame(one, other) {
  const sorted = ({ parameters }) => JSON.stringify(Object.entries(parameters).sort(([a], [b]) => a.localeCompare(b)));
  return one.system_prompt === other.system_prompt && sorted(one) === sorted(other);
}
