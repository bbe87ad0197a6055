/**
 * Names that a page holds as long as it is there, so that no other page of the browser takes what is in its hands.
 *
 * Web Locks know it exactly, also of a page that crashed. Browsers have them on https and localhost only; elsewhere the
 * pages ask each other, and one that does not answer in time counts as gone.
 */

const PREFIX = "hold:";
const TAKEN_AFTER = 2_000;
const ANSWER_WITHIN = 400;

/** Holds a name until the returned function is called; `taken` is called when another page goes on holding it. */
export const hold = navigator.locks ? lock : tell;

/** Holds a name for good unless another page holds it; resolves with whether it could. */
export const claim = navigator.locks ? lockAtOnce : ask;

function lock(name, taken) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  const signal = AbortSignal.timeout(TAKEN_AFTER); // The page before in this tab may only just be going.
  navigator.locks.request(PREFIX + name, { signal }, () => released).catch(taken);
  return release;
}

function lockAtOnce(name) {
  return new Promise((resolve) => {
    navigator.locks.request(PREFIX + name, { ifAvailable: true }, (lock) => {
      resolve(Boolean(lock));
      return lock && new Promise(() => {});
    });
  });
}

const mine = new Set();
const channel = navigator.locks ? null : new BroadcastChannel("holds");
channel?.addEventListener("message", ({ data: { asks } }) => mine.has(asks) && channel.postMessage({ holds: asks }));

function tell(name) {
  mine.add(name);
  return () => mine.delete(name);
}

async function ask(name) {
  if (mine.has(name)) return false;
  const isHeld = await new Promise((resolve) => {
    channel.addEventListener("message", ({ data: { holds } }) => holds === name && resolve(true));
    channel.postMessage({ asks: name });
    setTimeout(() => resolve(false), ANSWER_WITHIN);
  });
  if (!isHeld) mine.add(name);
  return !isHeld;
}
