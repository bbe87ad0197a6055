/** How long a page waits before it connects again. */

const LONGEST = 10_000;
const SHORTEST = 500;
/** After a restart everybody comes back: 1,000 of them within this time are each answered at once. */
const AFTER_RESTART = 8_000;
const WHEN_SLOW = 2_000;
const [SERVICE_RESTART, READS_TOO_SLOWLY] = [1012, 4408];

/** Milliseconds, random from nothing on: what one event parted must not come back as one. */
export function pauseAfter(code, failures) {
  return Math.random() * longest(code, Math.min(LONGEST, SHORTEST * 2 ** failures));
}

function longest(code, grown) {
  if (code === SERVICE_RESTART) return AFTER_RESTART;
  return code === READS_TOO_SLOWLY ? Math.max(grown, WHEN_SLOW) : grown;
}
