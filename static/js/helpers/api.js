/** Calls of the HTTP API that carry and answer JSON. */

const ROOT = "/api/v1/";

/** A call that was not carried out; `code` is the server's or "lost", `field` what it is about, if it is one field. */
export class Refused extends Error {
  constructor({ code = "lost", text = "", field = "" }) {
    super(text);
    Object.assign(this, { code, field });
  }
}

/** Resolves with the answer, or null where there is none; rejects with Refused. */
export async function call(method, path, body) {
  const headers = { Accept: "application/json", "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value };
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetch(ROOT + path, { method, headers, body: body && JSON.stringify(body) }).catch(lost);
  if (response.status === 204) return null;
  const answer = await response.json().catch(lost);
  if (!response.ok) throw new Refused(answer.error ?? {});
  return answer;
}

function lost() {
  throw new Refused({});
}
