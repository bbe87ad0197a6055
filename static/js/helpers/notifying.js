/** Notifications of the browser, where its reader wants them. */

import { NOTIFIES } from "./attention-keys.js";
import { forever } from "./storage.js";

/** Whether the browser lets its reader be asked, and they have not said anything yet. */
export const mayAsk = () => globalThis.Notification?.permission === "default";

/**
 * Shows a notification that leads to an address, one for each `tag` in whichever tab. Where there is a service worker it
 * does so: then one that is pushed takes its place. Some phones let nothing else notify, and throw.
 */
export async function notify(title, body, tag, address) {
  if (!forever.get(NOTIFIES) || globalThis.Notification?.permission !== "granted") return;
  const worker = await navigator.serviceWorker?.getRegistration().catch(() => null);
  if (worker?.active) return worker.showNotification(title, { body, tag, data: address });
  try {
    new Notification(title, { body, tag }).addEventListener("click", () => lead(address));
  } catch {
    forever.set(NOTIFIES, "");
  }
}

function lead(address) {
  window.focus();
  if (new URL(address).pathname !== location.pathname) location.assign(address);
}

/** Asks for the permission, which a click must precede. */
export async function askToNotify() {
  if ((await Notification.requestPermission()) === "granted") forever.set(NOTIFIES, "1");
}
