/** The page that asks before somebody signs out: what is unsent in this browser would be lost. */

import { unsentOf, watchSignOut } from "./models/unsent.js";

const form = document.querySelector(".sign-out");
const told = document.querySelector(".unsent-words");
const counts = unsentOf(form.dataset.person);
for (const [kind, count] of Object.entries(counts)) told.querySelector(`[data-kind=${kind}]`).textContent = count;
told.hidden = counts.messages + counts.drafts === 0;
watchSignOut(form);
