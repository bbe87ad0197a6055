/** Sends files to the server; XMLHttpRequest, because fetch does not tell how much of a body has gone. */

import { page } from "../models/page.js";
import { Refused } from "./refused.js";

/** Resolves with what the server says of the file, or rejects with Refused; `progress` hears the share that has gone. */
export function upload(file, progress, signal) {
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", file);
  request.open("POST", page.api.files);
  request.setRequestHeader("X-CSRFToken", page.csrfToken);
  request.responseType = "json";
  request.upload.onprogress = ({ loaded, total }) => progress(loaded / total);
  signal.addEventListener("abort", () => request.abort());
  return new Promise((resolve, reject) => {
    request.onload = () => (request.status === 201 ? resolve(request.response) : reject(refusal(request)));
    request.onerror = request.onabort = () => reject(new Refused());
    request.send(body);
  });
}

/** Whether the server has let go of this file; without an answer nobody knows, and it counts as kept. */
export async function isGone(id) {
  const answer = await fetch(page.api.file(id)).catch(() => null);
  answer?.body?.cancel().catch(() => {}); // Its bytes are not needed.
  return answer?.status === 404;
}

/** A proxy in between answers in its own way; 413 is what it says of a body that is too long. */
function refusal({ status, response }) {
  return new Refused(response?.error ?? (status === 413 ? { code: "too_long" } : {}));
}
