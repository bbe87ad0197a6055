/** The reader's own words for what the markup of a message leaves open. */

import { duration, moment, size } from "./formats.js";
import { phrase } from "./phrases.js";

const HUES = 6;
const SECOND = 1_000;

/** Names what stands in this markup: parts, how long was thought, how big files are. */
export function nameParts(markup) {
  for (const place of markup.querySelectorAll("[data-word]:empty")) place.textContent = phrase(place.dataset.word);
  for (const summary of markup.querySelectorAll("[data-seconds]")) {
    summary.textContent = phrase("thought.timed", { duration: duration(Number(summary.dataset.seconds)) });
  }
  for (const place of markup.querySelectorAll("[data-bytes]:empty")) place.textContent = size(Number(place.dataset.bytes));
}

/** What there is to say about how a message went, from its dataset and what it lacks; nothing when all is well. */
export function outcome({ status, finish, error, cause, waiting, quote }, lack) {
  if (status === "sending") return phrase(`waiting.${waiting}`);
  if (status === "complete") {
    const explained = quote === undefined ? "" : phrase(`finish.${finish}.said`);
    return explained || phrase(`finish.${finish}`) || (lack && phrase(`finish.${lack}`));
  }
  if (status === "interrupted" || status === "failed") {
    return phrase(`reply.${cause}`) || phrase(`reply.${error}`) || phrase(`status.${status}`);
  }
  return phrase(`status.${status}`);
}

export function showTime(element) {
  const written = new Date(element.dateTime);
  if (!Number.isNaN(written.getTime())) element.textContent = moment(written);
}

/** The first letter of a name, in a colour of that name. */
export function showAvatar(element, name) {
  element.textContent = [...name][0] ?? "";
  element.dataset.hue = [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % HUES;
}

/** The time that is left until `end`, once a second as long as it is shown; not read out. */
export function countdown(end) {
  const left = Object.assign(document.createElement("span"), { ariaHidden: "true" });
  const tick = () => {
    left.textContent = ` · ${duration(Math.max(1, (end - Date.now()) / SECOND))}`;
  };
  tick();
  const timer = setInterval(() => (left.isConnected && Date.now() < end ? tick() : clearInterval(timer)), SECOND);
  return left;
}
