/** What the reader's keyboard does: when Enter means "send", and whether the focus opens one on the screen. */

const AFTER_COMPOSITION = 100;
const isTouch = matchMedia("(hover: none) and (pointer: coarse)");

/** Focuses a field, but not on a phone, where that would open the keyboard. */
export function focusForTyping(field, options) {
  if (!isTouch.matches) field?.focus(options);
}

/** When Enter means "send": not with Shift, not on a phone's keyboard, and not where it chooses a candidate. */
export class SendKey {
  #composedAt = -Infinity;

  constructor(text) {
    text.addEventListener("keyup", () => (this.#composedAt = -Infinity));
    text.addEventListener("compositionend", ({ timeStamp }) => (this.#composedAt = timeStamp));
  }

  isMeant(event) {
    return event.key === "Enter" && !event.shiftKey && !isTouch.matches && !this.#isComposing(event);
  }

  /** Safari says that Enter chose a candidate only by a composition that ended just before. */
  #isComposing(event) {
    const hasJustEnded = event.timeStamp - this.#composedAt < AFTER_COMPOSITION;
    this.#composedAt = -Infinity;
    return event.isComposing || event.keyCode === 229 || hasJustEnded;
  }
}
