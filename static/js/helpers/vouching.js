/** Verified answers: who vouches for one, and the mark at its message. */

import { day } from "./formats.js";
import { phrase } from "./phrases.js";
import { clone } from "./templates.js";

const MINUTE = 60_000;

/** Who verified it and when. */
export function vouched({ name, at }) {
  return phrase(name ? "verified.by" : "verified.on", { name, date: day(new Date(at)) });
}

/** When it wants looking at again, or since when it does. */
export function lookAgain(until) {
  return phrase(isDue(until) ? "verified.due" : "verified.until", { date: day(new Date(`${until}T00:00`)) });
}

/** Whether this day has come for the reader. */
export const isDue = (until) => Boolean(until) && until <= today();

/** The reader's day, as fields of dates write it. */
export function today() {
  const now = new Date();
  return new Date(now - now.getTimezoneOffset() * MINUTE).toISOString().slice(0, 10);
}

/** Shows at a message who vouches for it, or (null) that nobody does. */
export function showMark(message, verified) {
  const shown = message.querySelector("verified-mark");
  if (!verified) return shown?.remove();
  const mark = shown ?? clone("verified-template");
  mark.show(verified);
  if (!shown) message.querySelector(".message__source").before(mark);
}
