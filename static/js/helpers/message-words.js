/** The reader's own words for what the markup of a message leaves open. */

import { duration, moment, size } from "./formats.js";
import { phrase } from "./phrases.js";

const HUES = 6;
const SECOND = 1_000;

/** Names what stands in this markup, an element or a fragment: parts, how long was thought, how big files are. */
export function nameParts(markup) {
  const all = (places) => [...(markup.matches?.(places) ? [markup] : []), ...markup.querySelectorAll(places)];
  for (const place of all("[data-word]:empty")) place.textContent = phrase(place.dataset.word);
  for (const summary of all("[data-seconds]")) {
    summary.textContent = phrase("thought.timed", { duration: duration(Number(summary.dataset.seconds)) });
  }
  for (const place of all("[data-bytes]:empty")) place.textContent = size(Number(place.dataset.bytes));
}

/** What there is to say about how a message went, from its dataset and what it lacks; nothing when all is well. */
export function outcome({ status, finish, error, cause, wait, waiting, quote }, lack) {
  if (status === "sending") return phrase(`waiting.${waiting}`);
  if (status === "complete") {
    const explained = quote === undefined ? "" : phrase(`finish.${finish}.said`);
    return explained || phrase(`finish.${finish}`) || (lack && phrase(`finish.${lack}`));
  }
  if (status === "interrupted" || status === "failed") {
    const waits = wait ? phrase(`reply.${error}.wait`, { duration: duration(Number(wait)) }) : "";
    return phrase(`reply.${cause}`) || waits || phrase(`reply.${error}`) || phrase(`status.${status}`);
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

/** So many seconds and those that are left of them, once a second as long as it is shown; not read out. The clock may be wrong. */
export function countdown(seconds) {
  const end = performance.now() + seconds * SECOND;
  const left = Object.assign(document.createElement("span"), { ariaHidden: "true" });
  const tick = () => {
    left.textContent = ` · ${duration(Math.max(1, (end - performance.now()) / SECOND))}`;
  };
  tick();
  const timer = setInterval(() => (left.isConnected && performance.now() < end ? tick() : clearInterval(timer)), SECOND);
  return left;
}

/** The code of what an unsent message waits for. */
export function waitingFor({ isTried, isHeld, late, isBehind }) {
  if (isHeld) return "held";
  if (late) return late === "busy" ? "busy" : "late";
  if (isBehind) return "behind";
  return isTried ? "sent" : "unsent";
}
