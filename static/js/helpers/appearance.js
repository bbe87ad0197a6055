/** The choice of theme and size of text: seen at once in every open tab of this browser, and kept with the account. */

const NAMES = { theme: "theme", text_size: "textSize" };
const SCHEMES = { system: "light dark", light: "light", dark: "dark" };
const root = document.documentElement;
const tabs = window.BroadcastChannel && new BroadcastChannel("appearance");

/** Serves the forms of the page, which work without scripts too, and follows those of other tabs. */
export function serveAppearance() {
  for (const form of document.querySelectorAll(".appearance")) form.addEventListener("submit", choose);
  tabs?.addEventListener("message", ({ data }) => isChoice(data) && show(data));
}

/** Whether there is a button for it: anybody in this browser may say something in the channel. */
function isChoice(data) {
  const buttons = [...document.querySelectorAll(".appearance button")];
  return Array.isArray(data) && buttons.some(({ name, value }) => name === data[0] && value === data[1]);
}

async function choose(event) {
  const { submitter, target } = event;
  if (!submitter) return;
  event.preventDefault();
  const before = { ...root.dataset };
  tell(submitter.name, submitter.value);
  if (await isKept(target, submitter)) return;
  tell(submitter.name, before[NAMES[submitter.name]]);
  if (navigator.onLine) sendWithPage(target, submitter);
}

function tell(name, value) {
  show([name, value]);
  tabs?.postMessage([name, value]);
}

/** The answer would be this whole page again, so it is not followed. */
async function isKept(form, submitter) {
  try {
    const { type } = await fetch(form.action, { method: "POST", body: new FormData(form, submitter), redirect: "manual" });
    return type === "opaqueredirect";
  } catch {
    return false;
  }
}

/** What the server then says is the next page. */
function sendWithPage(form, { name, value }) {
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  form.submit();
}

function show([name, value]) {
  root.dataset[NAMES[name]] = value;
  for (const button of document.querySelectorAll(`.appearance [name=${name}]`)) {
    button.setAttribute("aria-pressed", button.value === value);
  }
  if (name === "theme") showScheme(value);
}

/** What the browser draws itself: fields, scroll bars, its own frame. */
function showScheme(theme) {
  document.querySelector("meta[name=color-scheme]").content = SCHEMES[theme];
  document.querySelectorAll("meta[name=theme-color]").forEach((meta, index) => {
    const drawn = ["light", "dark"][index];
    if (theme === "system") meta.media = `(prefers-color-scheme: ${drawn})`;
    else meta.media = theme === drawn ? "all" : "not all";
  });
}
