/** What the reader's keyboard does: whose keys are an input method's, when Enter sends, whether the focus opens one. */

export const isApple = /Mac|iP/.test(navigator.platform);
const AFTER_COMPOSITION = 100;
const isTouch = matchMedia("(hover: none) and (pointer: coarse)");

/** Focuses a field, but not on a phone, where that would open the keyboard. */
export function focusForTyping(field, options) {
  if (!isTouch.matches) field?.focus(options);
}

/** Whether this key means "send": Enter, but not with Shift, and not on a phone's keyboard. */
export function isSendKey(event) {
  return event.key === "Enter" && !event.shiftKey && !isTouch.matches;
}

/**
 * Keeps every key that an input method takes from all handlers of the page, whatever field or element they are at: Enter
 * that chooses a candidate, Escape that closes the list of them.
 *
 * Chromium and Firefox say so in the key itself (`isComposing`). WebKit ends the composition first and then sends the key
 * with isComposing false: as key code 229, or told only by the composition that ended just before.
 */
export function keepKeysOfInputMethods() {
  let endedAt = -Infinity;
  addEventListener("compositionend", ({ timeStamp }) => (endedAt = timeStamp), true);
  addEventListener("keyup", () => (endedAt = -Infinity), true);
  addEventListener(
    "keydown",
    (event) => {
      const hasJustEnded = ["Enter", "Escape"].includes(event.key) && event.timeStamp - endedAt < AFTER_COMPOSITION;
      endedAt = -Infinity;
      if (!event.isComposing && event.keyCode !== 229 && !hasJustEnded) return;
      event.stopImmediatePropagation();
      if (event.key === "Escape") event.preventDefault(); // Dialogs, popovers and search fields act on it by themselves.
    },
    true,
  );
}
