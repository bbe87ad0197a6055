/** Forms that change something are sent once, however often their button is pressed: a slow answer invites a second press. */

const PAUSE = 5_000; // An answer that is a file leaves the page where it is: later it may be sent again.
const sent = new WeakMap();

document.addEventListener("submit", (event) => {
  const { target: form, timeStamp: now } = event;
  if (event.defaultPrevented || form.method !== "post") return;
  if (now - sent.get(form) < PAUSE) event.preventDefault();
  else sent.set(form, now);
});

addEventListener("pageshow", ({ persisted }) => persisted && [...document.forms].forEach((form) => sent.delete(form)));
