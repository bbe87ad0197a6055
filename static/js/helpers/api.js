/** Calls of the HTTP API that carry and answer JSON. */

import { page } from "../models/page.js";
import { Refused } from "./refused.js";

/** Resolves with the answer, or null where there is none; rejects with Refused. */
export async function call(method, address, body, options) {
  const headers = { Accept: "application/json", "X-CSRFToken": page.csrfToken };
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetch(address, { method, headers, body: body && JSON.stringify(body), ...options }).catch(lost);
  if (response.status === 204) return null;
  const answer = await response.json().catch(lost);
  if (!response.ok) throw new Refused(answer.error ?? {});
  return answer;
}

function lost() {
  throw new Refused();
}
