/** What stands below a reply that failed, besides our own sentence. */

import { withId } from "../models/page.js";
import { clone, hasTemplate } from "./templates.js";

/** How a reply ends when somebody has to look after keys and endpoints. */
const TO_BE_MENDED = [
  ...["key_refused", "quota", "model_not_found", "no_model", "bad_request", "bad_reply"],
  ...["region_refused", "page_instead"],
];

/** Adds the way to what must be mended to a message's note, and behind it the vendor's own words. */
export function explainFailure(message, note) {
  const { error, cause, id, quote } = message.dataset;
  const canBeMended = TO_BE_MENDED.includes(error) || TO_BE_MENDED.includes(cause);
  if (canBeMended && hasTemplate("mend-template")) note.append(" ", wayToMend(id));
  message.querySelector(".quote")?.remove();
  if (quote) note.after(foldOf(quote));
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
