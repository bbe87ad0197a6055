/** The rows of the sidebar's list, and what is read from them. */

import { page } from "../models/page.js";
import { clone } from "./templates.js";

/** An empty row that leads to this conversation. */
export function newRow(id) {
  const row = clone("row-template");
  row.dataset.id = id;
  row.querySelector(".row__link").href = page.urls.conversation(id);
  return row;
}

/** The whole title stands in a tooltip: the sidebar has room for its beginning. */
export function entitle(row, title) {
  row.querySelector(".row__title").textContent = row.querySelector(".row__link").title = title;
}

/**
 * Rows for what a search has found; each leads to the message that has the words, where one has. What is not in sight may
 * stand on another branch: the page that comes looks at the one through it.
 */
export function toFound({ results, hits }) {
  return results.map(({ id, title, audience, project_name }) => {
    const row = newRow(id);
    entitle(row, title);
    row.querySelector(".row__team").textContent = placeName(audience.team, project_name);
    const hit = hits[id];
    const at = document.querySelector(`[data-id="${hit}"]`) ? location.search : `?at=${hit}`;
    if (hit) row.querySelector(".row__link").href += `${at}#message-${hit}`;
    return row;
  });
}

/** When the conversation of this row moved last: milliseconds. */
export function movedAt({ dataset }) {
  return Date.parse(dataset.updated);
}

/** The "next" or "previous" row of the same section, which may stand in another piece of it. */
export function neighbour(row, side) {
  const name = `${side}ElementSibling`;
  return row[name] ?? row.parentElement[name]?.querySelector(`.row:${side === "next" ? "first" : "last"}-child`);
}

/** Whether a row may stay between its neighbours: two may have moved in the same millisecond. */
export function standsRight(row) {
  const [above, below] = [neighbour(row, "previous"), neighbour(row, "next")];
  return (!above || movedAt(above) >= movedAt(row)) && (!below || movedAt(row) >= movedAt(below));
}

/** Whether this revision is no older than what the row shows; then it is what it shows. */
export function isNews(row, kind, revision) {
  if (revision < Number(row.dataset[kind])) return false;
  row.dataset[kind] = revision;
  return true;
}

/** What the API says of a conversation, as the list shows it. */
export function toRow(conversation) {
  const { team = null, guests, teams, named, decide, write } = conversation.audience;
  return { ...conversation, team, guests, teams, named, may: decide ? "decide" : write ? "write" : "read" };
}

/** Shows what is known of a conversation; what is undefined stays as it is. */
export function fill(row, { title, team, guests, named, project, project_name, pinned, muted, mentioned, may }) {
  if (title !== undefined) entitle(row, title);
  if (team !== undefined) setPlace(row, team, project, project_name);
  if (guests) setNamed(row, named);
  if (pinned !== undefined) row.toggleAttribute("data-pinned", pinned);
  if (muted !== undefined) row.toggleAttribute("data-muted", muted);
  if (mentioned !== undefined) row.toggleAttribute("data-mentioned", mentioned && row.querySelector(".row__link").ariaCurrent !== "page");
  if (may) row.dataset.may = may;
}

/** With another team come other rights, which are asked for when they matter. */
function setPlace(row, team, project, projectName) {
  row.querySelector(".row__team").textContent = placeName(team, projectName);
  row.dataset.project = project ?? "";
  if (row.dataset.team === (team?.id ?? "")) return;
  row.dataset.team = team?.id ?? "";
  delete row.dataset.may;
}

/** Whoever reads it by name alone is told by an event whether to write, too. */
function setNamed(row, named = false) {
  if (typeof named === "string") row.dataset.may = named;
  else if (row.hasAttribute("data-named") && !named) delete row.dataset.may;
  row.toggleAttribute("data-named", Boolean(named));
}

/** The names of a conversation's team and project, where it has them. */
export function placeName(team, project) {
  return [team?.name, project].filter(Boolean).join(" · ");
}

/** The section of the list in which a conversation stands. */
export function sectionOf({ pinned, named, team }) {
  if (pinned) return "pinned";
  if (named) return "named";
  return team ? "team" : "private";
}

/** What a row shows of its conversation, with the names that the API gives it; of a team its id. */
export function stateOf(row) {
  const [pinned, muted, unread, named] = ["pinned", "muted", "unread", "named"].map((name) => row.hasAttribute(`data-${name}`));
  const { id, may, team, project } = row.dataset;
  return { id, may, team, project, named, pinned, muted, unread, archived: false, title: row.querySelector(".row__title").textContent };
}
