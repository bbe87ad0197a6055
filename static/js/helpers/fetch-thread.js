/** Fetches pieces of a thread, as the server holds them. */

import { page } from "../models/page.js";
import { Refused } from "./refused.js";

/** The end of the branch that is shown; what is below `after`, or a piece of what is above `before`. */
export async function fetchThread(conversation, place = {}) {
  const query = new URLSearchParams(place);
  const response = await fetch(`${page.urls.thread(conversation)}?${query}`).catch(() => null);
  const isThread = response?.headers.get("Content-Type")?.startsWith("application/json");
  if (response?.ok && isThread) return response.json();
  throw new Refused({ code: response?.status === 404 ? "not_found" : "lost" });
}
