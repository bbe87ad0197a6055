/** The words of an opened thought as the server renders them: blocks that are closed, an open one, and newer words. */

import { page } from "../models/page.js";
import { fragment } from "./html.js";

const SECOND = 1_000;
/** The open block is rendered again once so much of it is new, so that what is sent stays linear in its length. */
const NEW_SHARE = 1 / 3;
/** Characters that are sent at once. */
const MOST_SENT = 60_000;
/** What is rendered of each thought: up to where its blocks are closed, the nodes of the open one, and where these end. */
const rendered = new WeakMap();

/** Renders the plain words of a thought, and again while it grows, as long as it is open. */
export async function render(thought) {
  const state = rendered.get(thought) ?? { closed: 0, open: [], end: 0, isBusy: false };
  rendered.set(thought, state);
  if (state.isBusy) return;
  state.isBusy = true;
  while (isWanted(thought, state) && (await update(thought, state))) await grown(thought, state);
  state.isBusy = false;
}

function isWanted({ element, tail, text, isUnderWay }, { closed, end }) {
  return element.open && tail.parentNode && (isUnderWay || end < text.length || closed < end);
}

/** Shows all words so far; false if the server does not answer. */
async function update(thought, state) {
  const { text, isUnderWay, tail } = thought;
  const sent = text.slice(state.closed, state.closed + MOST_SENT);
  const isLast = !isUnderWay && state.closed + sent.length === text.length;
  const answer = await ask({ text: sent, ...(isLast && { ended: "" }) });
  if (!answer || (!answer.end && sent.length === MOST_SENT)) return false;
  if (!tail.parentNode) return true; // The reply has ended, and what is stored of it is here.
  const done = fragment(answer.done);
  thought.finish(done);
  const live = fragment(answer.live);
  const open = [...live.childNodes];
  for (const node of state.open) node.remove();
  tail.before(done, live);
  Object.assign(state, { closed: state.closed + answer.end, open, end: state.closed + sent.length });
  tail.textContent = thought.text.slice(state.end);
  if (isLast && !thought.isUnderWay) tail.remove();
  return true;
}

async function ask(fields) {
  const headers = { "X-CSRFToken": page.csrfToken };
  const response = await fetch(page.urls.markdown, { method: "POST", headers, body: new URLSearchParams(fields) }).catch(() => null);
  return response?.ok ? response.json() : null;
}

/** Resolves once there is enough to render again. */
async function grown(thought, { closed, end }) {
  const enough = (end - closed) * NEW_SHARE;
  do await new Promise((resolve) => setTimeout(resolve, SECOND));
  while (thought.isUnderWay && thought.element.open && thought.text.length - end <= enough);
}
