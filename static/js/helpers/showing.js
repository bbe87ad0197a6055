/** Brings a message of the thread into sight. */

/** At the top, also once its neighbours have their heights: what is out of sight has none. */
export function showAtTop(message) {
  const options = { block: "start", behavior: "instant" };
  message.scrollIntoView(options);
  requestAnimationFrame(() => message.scrollIntoView(options));
}
