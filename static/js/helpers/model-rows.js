/** Rows of the list of models: made of the composer's options, in groups, and found by words. */

import { page } from "../models/page.js";
import { call } from "./api.js";
import { compact, moment } from "./formats.js";
import { FEW, isFavourite, recentOf } from "./model-order.js";
import { phrase } from "./phrases.js";
import { placeBeside } from "./popover-position.js";
import { clone } from "./templates.js";

const MOST_RECENT = 5;
const isNarrow = matchMedia("(width < 40rem)");

/** Places the picker with its list beside a button. The list's height stays while it is searched, so that nothing jumps. */
export function placePicker(picker, list, button) {
  list.style.minHeight = "";
  if (isNarrow.matches) picker.style.left = picker.style.top = "";
  else placeBeside(picker, button);
  list.style.minHeight = `${list.offsetHeight}px`;
}

/** A row for this option, without what changes: whether it is chosen, and whether it rests. */
export function rowOf(option) {
  const row = clone("model-row-template");
  const { currency } = option.closest("select").dataset;
  row.toggleAttribute("data-assistant", isAssistant(option));
  const { description, price, takes, vendors, window } = option.dataset;
  const part = (name) => row.querySelector(`.picker__${name}`);
  row.id = `model-${option.value}`;
  row.dataset.model = option.value;
  part("name").textContent = option.textContent;
  part("name").id = `${row.id}-name`;
  part("about").textContent = description ?? vendors;
  part("about").toggleAttribute("data-vendors", !description);
  row.toggleAttribute("data-described", Boolean(description));
  part("facts").id = `${row.id}-facts`;
  row.setAttribute("aria-labelledby", part("name").id);
  row.setAttribute("aria-describedby", part("facts").id);
  for (const icon of row.querySelectorAll("[data-takes]")) icon.hidden = !takes.split(" ").includes(icon.dataset.takes);
  const count = window && compact(Number(window));
  if (window) entitle(part("window"), count, phrase("picker.window", { count }));
  if (price) entitle(part("price"), `${price} ${currency}`, phrase("picker.price"));
  return row;
}

/** A group of these rows under a title. */
export function groupOf(title, rows) {
  const group = clone("model-group-template");
  group.ariaLabel = group.querySelector(".picker__title").textContent = title;
  group.append(...rows);
  return group;
}

/** Groups of options in their order, as [title, options]: assistants, favourites, recent ones, families, all others. */
export function grouped(options) {
  const assistants = options.filter(isAssistant);
  const models = options.filter((option) => !isAssistant(option));
  const groups = models.length > FEW ? modelGroups(models) : [[phrase("picker.models"), models]];
  return [[phrase("picker.assistants"), assistants], ...groups].filter(([, members]) => members.length);
}

/** Whether an option is an assistant, and no model. */
export const isAssistant = ({ dataset }) => "assistant" in dataset;

/** Those among these ids that are no assistant's: only models are compared. */
export function modelsAmong(ids, options) {
  return ids.filter((id) => !options.some((option) => option.value === id && isAssistant(option)));
}

function modelGroups(options) {
  const favourites = options.filter(isFavourite);
  const recent = recentOf(options.filter((option) => !favourites.includes(option))).slice(0, MOST_RECENT);
  const rest = options.filter((option) => !favourites.includes(option) && !recent.includes(option));
  const families = [...new Set(rest.map(({ dataset }) => dataset.family))].filter(Boolean);
  families.sort((one, other) => one.localeCompare(other));
  const ofFamily = (name) => rest.filter(({ dataset }) => dataset.family === name);
  return [
    [phrase("picker.favourites"), favourites],
    [phrase("picker.recent"), recent],
    ...families.map((name) => [name, ofFamily(name)]),
    [phrase("picker.others"), ofFamily("")],
  ];
}

/** The options in which each of these words stands somewhere; those whose name begins with them come first. */
export function found(options, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = options.filter((option) => words.every((word) => haystack(option).includes(word)));
  const begins = ({ textContent }) => textContent.toLowerCase().startsWith(words[0]);
  return [...hits.filter(begins), ...hits.filter((option) => !begins(option))];
}

/** What is known of each model that may be asked there now, by id; null without a connection: nobody knows. */
export async function healthFor(team) {
  const told = await call("GET", page.api.models + (team ? `?team=${team}` : "")).catch(() => null);
  return told && new Map(told.map((model) => [model.id, model]));
}

/** Says at an option's row that its model rests now, or may not be asked in this place: of an assistant, the one that answers. */
export function showHealth(row, { value, dataset }, health) {
  const models = dataset.models ?? value;
  if (!models && !("none" in dataset)) return; // An assistant for any model.
  const here = models.split(" ").map((id) => health.get(id)).filter(Boolean);
  const known = here.find(({ rests_until }) => !rests_until) ?? here[0];
  const until = known?.rests_until;
  const rest = until ? phrase("picker.resting", { time: moment(new Date(until)) }) : "";
  row.toggleAttribute("data-elsewhere", !known);
  row.querySelector(".picker__state").textContent = known ? rest : phrase("none" in dataset ? "picker.no_model" : "picker.elsewhere");
}

const haystack = ({ textContent, dataset }) => {
  return `${textContent} ${dataset.family ?? ""} ${dataset.vendors ?? ""} ${dataset.letters ?? ""} ${dataset.description ?? ""}`.toLowerCase();
};

function entitle(element, text, title) {
  [element.textContent, element.title] = [text, title];
}
