/** The body of an ended reply in place of its growing one: what is equal keeps its nodes. */

const TEXT = ".message__text";
const THOUGHT = ".thought";
/** What scripts add to markup that has its final form, and note at code. */
const TOOLS = "button, iframe, code-tools, table-tools, .code-block__numbers, .message__tail";
const STATES = ["lines", "folded", "wrap", "preview", "numbered"];

/** Makes the children of `body` those of `ended`; each text is brought up to date by `settle(old, new)`. */
export function become(body, ended, settle) {
  const texts = [...body.querySelectorAll(`:scope > ${TEXT}`)].filter((text) => text.hasChildNodes());
  let place = body.firstElementChild;
  for (const next of [...ended.children]) {
    const kept = next.matches(TEXT) ? texts.shift() : likeness(place, next);
    if (!kept) {
      body.insertBefore(next, place);
      continue;
    }
    while (place !== kept) place = removed(place);
    place = kept.nextElementSibling;
    if (next.matches(TEXT)) settle(kept, next);
    if (next.matches(THOUGHT)) keepThought(kept, next);
  }
  while (place) place = removed(place);
}

/** Makes the nodes of `text` those of `ended`: equal elements stay, as long as they come in the same order. */
export function keepEqual(text, ended) {
  for (const node of [...text.childNodes]) if (node.nodeType !== Node.ELEMENT_NODE) node.remove();
  const old = [...text.children];
  for (const next of [...ended.childNodes]) {
    const found = next.nodeType === Node.ELEMENT_NODE ? old.findIndex((element) => isEqual(element, next)) : -1;
    if (found < 0) {
      text.insertBefore(next, old[0] ?? null);
      continue;
    }
    for (const gone of old.splice(0, found)) gone.remove();
    old.shift();
  }
  for (const gone of old) gone.remove();
}

/** Makes the elements of `text` those that `steps` name: [first, behind the last] of them stay, HTML stands between. */
export function keepNumbered(text, steps, fragment) {
  const old = [...text.children];
  let at = 0;
  for (const step of steps) {
    const begin = Array.isArray(step) ? step[0] : at;
    old.slice(at, begin).forEach(removeWithTextBehind);
    if (!Array.isArray(step)) text.insertBefore(fragment(step), old[at] ?? null);
    at = Array.isArray(step) ? step[1] : at;
  }
  old.slice(at).forEach(removeWithTextBehind);
}

function removeWithTextBehind(element) {
  while (element.nextSibling?.nodeType === Node.TEXT_NODE) element.nextSibling.remove();
  element.remove();
}

function removed(element) {
  const next = element.nextElementSibling;
  element.remove();
  return next;
}

/** The part that stands for this one, from a place up to the next text. */
function likeness(place, part) {
  for (let element = place; element && !(element.matches(TEXT) && element.hasChildNodes()); element = element.nextElementSibling) {
    if (part.matches(THOUGHT) ? element.matches(THOUGHT) : isEqual(element, part)) return element;
  }
  return null;
}

/** A thought that its reader has opened stays open. */
function keepThought(kept, ended) {
  const [summary, words] = [".thought__summary", ".thought__text"].map((place) => [kept, ended].map((each) => each.querySelector(place)));
  Object.assign(summary[0].dataset, summary[1].dataset);
  if (words[1].hasChildNodes()) keepEqual(...words);
  kept.open ||= ended.open;
}

/** Whether elements are equal but for the tools that they were given. */
function isEqual(element, other) {
  return element.localName === other.localName && withoutTools(element).isEqualNode(withoutTools(other));
}

function withoutTools(element) {
  const bare = document.createElement("div");
  bare.append(element.cloneNode(true));
  for (const tool of bare.querySelectorAll(TOOLS)) tool.remove();
  for (const { dataset } of bare.querySelectorAll(".code-block")) for (const name of STATES) delete dataset[name];
  return bare;
}
