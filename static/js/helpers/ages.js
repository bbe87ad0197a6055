/** The days that head the sidebar's list. Each row names its own; the style sheet shows the first of those that follow each other. */

import { phrase } from "./phrases.js";

const DAY = 24 * 60 * 60 * 1_000;
/** The most days that a part of the list reaches back. */
const PARTS = { today: 0, yesterday: 1, week: 7, month: 30, older: Infinity };

/** Notes when the conversation of this row moved. */
export function stamp(row, updated) {
  row.dataset.updated = updated;
  const days = Math.round((midnight(new Date()) - midnight(new Date(updated))) / DAY); // A day may have 23 or 25 hours.
  const part = Object.keys(PARTS).find((name) => days <= PARTS[name]) ?? "older";
  if (row.dataset.age === part) return;
  row.dataset.age = part;
  row.dataset.heading = phrase(`age.${part}`);
}

/** Says the rows' days anew now, and whenever the page is looked at again: it may be another day. */
export function keepAges(list) {
  const stampAll = () => {
    for (const row of list.querySelectorAll(".row[data-age]")) stamp(row, row.dataset.updated);
  };
  document.addEventListener("visibilitychange", () => document.hidden || stampAll());
  stampAll();
}

const midnight = (date) => date.setHours(0, 0, 0, 0);
