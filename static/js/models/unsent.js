/** Which of a person's words are in this browser only, and their end at a sign-out that somebody chose. */

import { forever, thisTab } from "../helpers/storage.js";

/** What each kind of words is stored under, with its writer's id behind it; see models/drafts.js and models/outbox.js. */
export const DRAFTS = "written:";
export const RETURNED = "returned:";
export const MESSAGES = "outbox:";
export const REMARKS = "remark:";
export const REMARK_DRAFTS = "remark-draft:";
/** What the account has of a draft, see models/draft-sync.js. */
export const SYNCED = "synced:";

/** How many there are of each, in all tabs: {messages, drafts}. */
export function unsentOf(person) {
  const count = (kind) => forever.keys(`${kind}${person}:`).length;
  const drafts = forever.keys(`${DRAFTS}${person}:`).filter((key) => !isWithAccount(key));
  const halfTyped = drafts.length + halfTypedRemarks(person).length;
  return { messages: count(MESSAGES) + count(REMARKS), drafts: halfTyped + count(RETURNED) };
}

/** Whether remarks of this person wait here, or are half typed in this tab. */
export const hasRemarks = (person) => forever.keys(`${REMARKS}${person}:`).length + halfTypedRemarks(person).length > 0;

const halfTypedRemarks = (person) => thisTab.keys(`${REMARK_DRAFTS}${person}:`);

/** Whether the account has all of a draft, which comes back from there. */
function isWithAccount(key) {
  const [draft, kept] = [key, key.replace(DRAFTS, SYNCED)].map((name) => JSON.parse(forever.get(name) || "{}"));
  return draft.text === kept.text && !draft.files?.length;
}

/** Forgets all that the site keeps in this browser, whoever wrote it: the next person at it may be another. */
export function forgetAll() {
  for (const storage of [forever, thisTab]) storage.clear();
}

/**
 * Before this form signs out, words that were not sent are told of: `ask` is called with their counts, and nothing
 * else happens. Without any, or without `ask`, what is kept here goes.
 */
export function watchSignOut(form, ask) {
  form.addEventListener("submit", (event) => {
    const unsent = unsentOf(form.dataset.person);
    if (!ask || unsent.messages + unsent.drafts === 0) return forgetAll();
    event.preventDefault();
    ask(unsent);
  });
}
