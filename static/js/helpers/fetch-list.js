/** Lists of conversations from the HTTP API. */

import { page } from "../models/page.js";

export const FIRST_ROWS = 50; // of an answer that is not asked for more
export const MOST_ROWS = 200; // of one answer

/** Null where there is no answer; the next connection asks anew. */
export async function fetchList(query) {
  return fetchJson(`${page.api.conversations}?${new URLSearchParams(query)}`);
}

/** One conversation; null where it is not there for its reader, or there is no answer. */
export async function fetchConversation(id) {
  return fetchJson(page.api.conversation(id));
}

/** So many conversations that are not archived, the newest first, and since when these are all; null where there is no answer. */
export async function fetchAtLeast(count) {
  const results = [];
  let next = "";
  do {
    const limit = count > FIRST_ROWS && { limit: Math.min(count, MOST_ROWS) };
    const more = await fetchList({ archived: false, ...limit, ...(next && { cursor: next }) });
    if (!more) return null;
    results.push(...more.results);
    next = more.next;
  } while (next && results.length < count);
  return { results, oldest: next ? Date.parse(results.at(-1).updated_at) : -Infinity };
}

async function fetchJson(address) {
  const response = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  return response?.ok ? response.json().catch(() => null) : null;
}
