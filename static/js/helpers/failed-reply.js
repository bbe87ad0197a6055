/** What stands below a reply that failed, besides our own sentence. */

import { withId } from "../models/page.js";
import { clone, hasTemplate } from "./templates.js";

const FAILED = ["failed", "interrupted"];
/** How a reply ends when somebody has to look after keys and endpoints. */
const TO_BE_MENDED = [
  ...["key_refused", "quota", "model_not_found", "no_model", "bad_request", "bad_reply"],
  ...["region_refused", "page_instead"],
];

/** Adds the way to what must be mended to a message's note, and behind it the vendor's own words. */
export function explainFailure(message, note) {
  const { error, cause, id, quote } = message.dataset;
  const canBeMended = TO_BE_MENDED.includes(error) || TO_BE_MENDED.includes(cause);
  if (canBeMended && hasTemplate("mend-template")) {
    note.append(" ", wayToMend(id));
    void import("../elements/key-troubles.js").catch(() => {});
  }
  if (error === "context_too_long") message.dispatchEvent(new Event("folded", { bubbles: true }));
  message.querySelector(".quote")?.remove();
  if (quote) note.after(foldOf(quote));
}

/** What is missing in a reply and, if it failed, how it ended and the vendor's own words on that. */
export function remarksOn(message) {
  const { status, quote } = message.dataset;
  const missing = [...message.querySelectorAll(".message__body :is(.gap, .unknown)")].map((line) => line.textContent);
  const ended = FAILED.includes(status) ? [message.querySelector(".message__note").firstChild?.textContent, quote] : [];
  return [...new Set([...missing, ...ended].map((remark) => remark?.trim()))].filter(Boolean);
}

function wayToMend(id) {
  const link = clone("mend-template");
  link.href = withId(link.getAttribute("href"))(id);
  return link;
}

/** The vendor's words on how the reply ended, for who may read them: text that nobody here has written. */
function foldOf(quote) {
  const fold = clone("quote-template");
  fold.querySelector(".quote__text").textContent = quote;
  return fold;
}
