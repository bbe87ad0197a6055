/** Being told while no page is open: a form that a browser's subscription at its push service fills in. */

import { scriptAddress } from "./helpers/html.js";

const section = document.querySelector("[data-push-key]");
const form = section?.querySelector("form[data-subscribe]");
const { pushKey, worker } = section?.dataset ?? {};

/** Only pages behind https, or on this machine, have service workers. */
const isPossible = "serviceWorker" in navigator && "PushManager" in globalThis;

function show(state) {
  for (const line of section.querySelectorAll("[data-state]")) line.hidden = line.dataset.state !== state;
  form.querySelector("button").disabled = false;
  for (const one of section.querySelectorAll("form")) one.hidden = state === "unsupported" || (one === form) === (state === "on");
}

async function subscription() {
  const registration = await navigator.serviceWorker.getRegistration(worker);
  return registration?.pushManager.getSubscription();
}

/** A new one: what an earlier person of this browser left behind leads nowhere then. */
async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted") return show("denied");
  try {
    await (await subscription())?.unsubscribe();
    await navigator.serviceWorker.register(scriptAddress(worker));
    const registration = await navigator.serviceWorker.ready;
    const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: pushKey });
    const { endpoint, keys } = made.toJSON();
    Object.assign(form.elements.address, { value: endpoint });
    Object.assign(form.elements.key, { value: keys.p256dh });
    Object.assign(form.elements.auth, { value: keys.auth });
    form.submit();
  } catch {
    show("failed");
  }
}

async function begin() {
  if (!isPossible) return show("unsupported");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    form.querySelector("button").disabled = true; // Of two subscriptions the first would be lost.
    subscribe();
  });
  const isTold = "told" in section.dataset && Boolean(await subscription());
  show(isTold ? "on" : "off");
}

if (section) begin();
