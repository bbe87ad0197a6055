/** Between the fields of the parameters' form and the values that the server knows. */

import { phrase } from "./phrases.js";
import { codeOf } from "./refused.js";

const LEVELS = ["minimal", "low", "medium", "high"];

/** Kinds of fields that are more than a number, each as [value to field, field to value]. */
const CONVERT = {
  texts: [(words) => words.join("\n"), (text) => text.split("\n").filter(Boolean)],
  schema: [(schema) => JSON.stringify(schema, null, 2), (text) => JSON.parse(text)],
  thinking: [(value) => (typeof value === "string" ? value : (value.level ?? "budget")), thinkingOf],
};
const AS_NUMBER = [String, Number];

/**
 * What all models know: {low, high, usual} by name, as texts. `knows` holds for each its names, those of numbers as
 * name:lowest:highest:usual.
 */
export function common(knows) {
  const [first = new Map(), ...others] = knows.map(bounds);
  const shared = [...first].filter(([name]) => others.every((other) => other.has(name)));
  return new Map(shared.map(([name, own]) => [name, others.reduce((all, other) => narrower(all, other.get(name)), own)]));
}

/**
 * Lets the fields be set that are known, within their bounds; says of the others that `model` does not take them, or that
 * the assistant sets them.
 */
export function limit(form, known, model, assistants) {
  for (const place of form.querySelectorAll("[data-parameter]")) {
    const own = known.get(place.dataset.parameter);
    const field = place.querySelector("[name]");
    const isSet = Boolean(own && assistants?.sets.includes(place.dataset.parameter));
    place.toggleAttribute("data-unknown", !own || isSet);
    if (field.name !== "budget") field.disabled = !own || isSet;
    const why = isSet ? phrase("parameters.assistant", { name: assistants.name }) : phrase("parameters.unknown", { model });
    place.querySelector(".parameters__unknown")?.replaceChildren(own && !isSet ? "" : why);
    if (own?.low) limitNumber(place, field, own);
  }
}

function limitNumber(place, field, { low, high, usual }) {
  const range = place.querySelector("[type=range]");
  for (const input of [field, range]) if (input) [input.min, input.max] = [low, high];
  if (range) [range.dataset.usual, field.placeholder] = [usual, usual];
  place.querySelector(".slider__usual")?.replaceChildren(phrase(usual ? "parameters.usual" : "parameters.default", { usual }));
}

/** Fills the form; what is not set stays empty. */
export function fill(form, { system_prompt, parameters }) {
  form.reset();
  form.system_prompt.value = system_prompt;
  form.budget.value = parameters.thinking?.budget ?? "";
  for (const [name, value] of Object.entries(parameters)) {
    const field = form.elements[name];
    if (!field) continue;
    if (field.type === "checkbox") field.checked = value;
    else field.value = (CONVERT[field.dataset.kind] ?? AS_NUMBER)[0](value);
  }
}

/** What the form says, on top of what it hides; what only a later version of the site knows has no field, and goes. */
export function read(form, known) {
  const parameters = Object.fromEntries(Object.entries(known).filter(([name]) => form.elements[name]));
  for (const field of form.querySelectorAll("[data-parameter] [name]:not([name=budget])")) {
    const value = valueOf(field, form);
    if (value === undefined) delete parameters[field.name];
    else parameters[field.name] = value;
  }
  return { system_prompt: form.system_prompt.value.trim(), parameters };
}

/** The sentence that says what is wrong with the text of a JSON schema; empty when nothing is. */
export function objection(text) {
  if (!text.trim()) return "";
  try {
    const schema = JSON.parse(text);
    return schema && typeof schema === "object" && !Array.isArray(schema) ? "" : phrase("parameters.schema");
  } catch {
    return phrase("parameters.schema");
  }
}

/** Why the settings were not saved, in the reader's language; throws an error that is no refusal again. */
export function sentence(error) {
  const [code, { field }] = [codeOf(error), error];
  return phrase(`parameters.${code}.${field}`) || phrase(`parameters.${code}`) || phrase("parameters.refused");
}

const bounds = (knows) => {
  const told = knows.split(" ").map((one) => one.split(":"));
  return new Map(told.map(([name, low, high, usual = ""]) => [name, { low, high, usual }]));
};
const narrower = (one, other) => ({
  low: higher(one.low, other.low),
  high: lower(one.high, other.high),
  usual: one.usual === other.usual ? one.usual : "",
});
const higher = (one, other) => (Number(one) > Number(other) ? one : other);
const lower = (one, other) => (Number(one) < Number(other) ? one : other);

function valueOf(field, form) {
  if (field.type === "checkbox") return field.checked || undefined;
  if (!field.value.trim()) return undefined;
  return (CONVERT[field.dataset.kind] ?? AS_NUMBER)[1](field.value, form);
}

function thinkingOf(choice, form) {
  if (choice === "budget") return { budget: Number(form.budget.value) };
  return LEVELS.includes(choice) ? { level: choice } : choice;
}
