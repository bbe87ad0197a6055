/** The settings of what calls a reader back, kept in this browser. */

import { forever } from "./helpers/storage.js";
import { NO_COUNT, NOTIFIES } from "./helpers/attention-keys.js";

const section = document.querySelector("[data-notifications]");
const [on, off] = ["on", "off"].map((name) => section.querySelector(`[name=${name}]`));
const count = document.querySelector("[name=count]");

function show() {
  const permission = globalThis.Notification?.permission ?? "unsupported";
  const isOn = permission === "granted" && Boolean(forever.get(NOTIFIES));
  const state = permission === "unsupported" || permission === "denied" ? permission : isOn ? "on" : "off";
  for (const line of section.querySelectorAll("[data-state]")) line.hidden = line.dataset.state !== state;
  on.hidden = state !== "off";
  off.hidden = state !== "on";
  count.checked = !forever.get(NO_COUNT);
}

on.addEventListener("click", async () => {
  if ((await Notification.requestPermission()) === "granted") forever.set(NOTIFIES, "1");
  show();
});
off.addEventListener("click", () => {
  forever.set(NOTIFIES, "");
  show();
});
count.addEventListener("change", () => forever.set(NO_COUNT, count.checked ? "" : "1"));
show();
