/** Notifications of the browser, where its reader wants them. */

import { NOTIFIES } from "./attention-keys.js";
import { forever } from "./storage.js";

/** Whether the browser lets its reader be asked, and they have not said anything yet. */
export const mayAsk = () => globalThis.Notification?.permission === "default";

/** Shows a notification, one for each `tag` in whichever tab. Some phones let only service workers notify, and throw. */
export function notify(title, body, tag, open) {
  if (!forever.get(NOTIFIES) || globalThis.Notification?.permission !== "granted") return;
  try {
    new Notification(title, { body, tag }).addEventListener("click", open);
  } catch {
    forever.set(NOTIFIES, "");
  }
}

/** Asks for the permission, which a click must precede. */
export async function askToNotify() {
  if ((await Notification.requestPermission()) === "granted") forever.set(NOTIFIES, "1");
}
