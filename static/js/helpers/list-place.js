/** Where the reader was in the sidebar's list: the next page of this tab begins there. */

import { thisTab } from "./storage.js";

const PLACE = "sidebar";

/** Remembers how far this list is scrolled, and how many rows its sections show. */
export function keepPlace(list, sections) {
  const rows = Object.fromEntries(sections.map((section) => [section.name, section.count]));
  if (list.checkVisibility()) thisTab.set(PLACE, JSON.stringify({ rows, top: list.scrollTop }));
}

/** Shows as many rows as there were, and the same ones; the open one is among them. */
export async function returnToPlace(list, sections) {
  const { rows = {}, top = 0 } = JSON.parse(thisTab.get(PLACE) || "{}");
  list.scrollTop = top;
  const grown = await Promise.all(sections.map((section) => section.showAtLeast(rows[section.name] ?? 0)));
  if (grown.some(Boolean)) list.scrollTop = top;
  list.querySelector("[aria-current=page]")?.scrollIntoView({ block: "nearest" });
}
