/** What is done to one conversation or to several: asked of the server one after the other, told to the page, and undone. */

import { page } from "../models/page.js";
import { call } from "./api.js";
import { fetchConversation } from "./fetch-list.js";
import { listed, phrase } from "./phrases.js";
import { tellDone } from "./undo.js";

const SETTINGS = {
  pin: { pinned: true },
  unpin: { pinned: false },
  mute: { muted: true },
  unmute: { muted: false },
  unread: { unread: true },
  read: { unread: false },
  unarchive: { archived: false },
};

const NOBODY = { guests: [], teams: [] };

/** Sets something of these conversations that has no other undo than its opposite. */
export function set(name, conversations) {
  return each(conversations, ({ id }) => patch(id, SETTINGS[name]));
}

export async function archive(conversations) {
  const done = await each(conversations, ({ id }) => patch(id, { archived: true }));
  offer("archived", done, ({ id }) => patch(id, { archived: false }));
}

export async function drop(conversations) {
  const done = await each(conversations, async ({ id }) => {
    await call("DELETE", page.api.conversation(id));
    for (const type of ["ended", "deleted"]) tell(type, id);
  });
  offer("deleted", done, async ({ id }) => tell("arranged", await call("POST", page.api.restore(id))));
}

/** Gives them to a team, by its id, or with an empty one to each one's owner alone. */
export async function move(conversations, team) {
  await take(conversations, { team: team || null });
}

/** Puts them into a project, by its id, or with an empty one out of their projects. */
export async function file(conversations, project) {
  await take(conversations, { project: project || null });
}

/** Moves them elsewhere. Those to whom they were open by name may lose them, and have them again once it is undone. */
async function take(conversations, place) {
  const moved = [];
  const done = await each(conversations, async ({ id, team, project }) => {
    const before = (await fetchConversation(id))?.audience ?? NOBODY;
    const now = (await patch(id, place))?.audience ?? NOBODY;
    const [ended, teams] = [without(before.guests, now.guests), without(before.teams, now.teams)];
    const readers = ended.length ? await call("GET", `${page.api.people}?conversation=${id}`).catch(() => []) : [];
    moved.push({ id, team, project, ended, teams, lost: [...teams, ...without(ended, readers)] });
  });
  const names = new Set(moved.flatMap(({ lost }) => lost.map(({ name }) => name)));
  offer("moved", done.length ? moved : [], takeBack, names.size ? phrase("moved.lost", { names: listed([...names]) }) : "");
}

const without = (people, others) => people.filter(({ id }) => !others.some((other) => other.id === id));

/** Moves it back to where it was. */
async function takeBack({ id, team, project, ended, teams }) {
  const back = await patch(id, { team: team || null, project: project || null });
  const given = (kind, body) => back && call("POST", `${page.api.conversation(id)}/${kind}`, body);
  for (const { name, write } of ended) await given("guests", { name, write });
  for (const { id: other, write } of teams) await given("teams", { team: other, write });
}

async function patch(id, change) {
  const changed = await call("PATCH", page.api.conversation(id), change);
  if (changed) tell("arranged", changed);
  else tell("ended", id); // It has left this person's sight.
  return changed;
}

/** Those that it was done to; how many it was refused for is said. */
async function each(conversations, act) {
  const done = [];
  for (const conversation of conversations) {
    await act(conversation).then(() => done.push(conversation), () => {});
  }
  const count = conversations.length - done.length;
  if (count) tellDone(phrase("failed.many", { count }));
  return done;
}

function offer(what, done, takeBack, more = "") {
  if (!done.length) return;
  const sentence = done.length > 1 ? phrase(`${what}.many`, { count: done.length }) : phrase(what);
  tellDone([sentence, more].filter(Boolean).join(" "), async () => (await each(done, takeBack)).length === done.length);
}

function tell(type, detail) {
  document.dispatchEvent(new CustomEvent(type, { detail }));
}
