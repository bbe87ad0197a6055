/** Pieces of a thread, as the server holds them. */

/** The end of the branch that is shown; what is below `after`, or a piece of what is above `before`. */
export async function fetchThread(conversation, place = {}) {
  const query = new URLSearchParams(place);
  const response = await fetch(`/conversations/${conversation}/thread/?${query}`).catch(() => null);
  const isThread = response?.headers.get("Content-Type")?.startsWith("application/json");
  if (response?.ok && isThread) return response.json();
  throw Object.assign(new Error("no thread"), { code: response?.status === 404 ? "not_found" : "lost" });
}
