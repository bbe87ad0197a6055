/** Fetches pieces of a thread, as the server holds them. */

import { page } from "../models/page.js";
import { Refused } from "./refused.js";

/** The end of the branch that is shown; what is below `after`, or a piece of what is above `before`. */
export async function fetchThread(conversation, place = {}) {
  const response = await fetch(address(conversation, place)).catch(() => null);
  const isThread = response?.headers.get("Content-Type")?.startsWith("application/json");
  if (response?.ok && isThread) return response.json();
  throw new Refused({ code: response?.status === 404 ? "not_found" : "lost" });
}

/** The same while everything else waits, for what cannot wait itself; null without an answer. */
export function fetchThreadAtOnce(conversation, place) {
  const request = new XMLHttpRequest();
  request.open("GET", address(conversation, place), false);
  try {
    request.send();
    return request.status === 200 ? JSON.parse(request.responseText) : null;
  } catch {
    return null;
  }
}

function address(conversation, place) {
  return `${page.urls.thread(conversation)}?${new URLSearchParams(place)}`;
}
