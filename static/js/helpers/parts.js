/**
 * Files of a message on its way, and parts of a reply that are no text, as they come while it is written.
 *
 * In the end the server's markup takes their place; both come from the same templates.
 */

import { page } from "../models/page.js";
import { size } from "./formats.js";
import { capabilityFor } from "./media-types.js";
import { clone } from "./templates.js";

const SCHEMES = ["http:", "https:"];
/** A vendor's word for a kind of part that people may be shown. */
const PLAIN_WORD = /^[A-Za-z][A-Za-z_]{1,39}$/;

const BUILD = {
  image: picture,
  file: chip,
  code: ({ text, language }) => written("code", { "pre code": text, ".code-block__language": language?.toLowerCase() }),
  code_result: output,
  call: ({ name, arguments: given, raw }) => written("call", { ".call__name": name, ".call__value": readable(given ?? raw) }),
  call_result: ({ name, response }) => written("call_result", { ".call__name": name, ".call__value": readable(response) }),
  citation: sources,
  refusal,
  gap,
  seam: () => written("seam", {}),
  unknown: ({ name }) => written("unknown", { ".unknown__name": PLAIN_WORD.test(name) ? name : "" }),
};

/** A part of a reply as an element; null for a kind that is not shown. */
export function build(part) {
  return BUILD[part.kind]?.(part) ?? null;
}

/** A person's file, as the server describes it: a picture, or a chip with name and size. */
export function show({ id, name, media_type, bytes }) {
  return capabilityFor(media_type) === "images" ? picture({ file: id, name }) : chip({ file: id, name, bytes });
}

function picture({ file, name }) {
  const link = clone("part-image-template");
  link.href = page.api.file(file);
  Object.assign(link.querySelector("img"), { src: link.href, alt: name ?? "" });
  return link;
}

function chip({ file, uri, name, bytes }) {
  const target = file ? page.api.file(file) : webAddress(uri);
  const link = written("file", { ".file__name": name ?? target, ".file__size": bytes ? size(bytes) : "" });
  if (target) link.href = target;
  return link;
}

function output({ text, outcome }) {
  const element = written("code_result", { ".output__text": text });
  element.dataset.outcome = outcome;
  element.querySelector(".output__label").dataset.word = `output.${outcome}`;
  return element;
}

function refusal({ text, reason }) {
  const element = written("refusal", { ".refusal__text": text, ".refusal__reason": reason });
  element.querySelector(".refusal__label").dataset.word = text ? "refusal" : "refusal.blocked";
  return element;
}

/** A sentence on what is not there; why a picture is not, is a word of ours. */
function gap({ picture: why }) {
  const element = clone("part-gap-template");
  if (why) element.dataset.word = `gap.${why}`;
  return element;
}

/** Sources; folded, where the model has looked into files for them. */
function sources({ sources: named, function: act, asked }) {
  const element = act ? written("lookup", { q: asked, ".looked-up__count": named.length }) : written("citation", {});
  const shown = named.filter(({ uri, title }) => webAddress(uri) || (!uri && title));
  element.querySelector("ol").replaceChildren(...shown.map(source));
  return element;
}

function source({ uri, title, domain, path }) {
  const host = domain || (uri && new URL(uri).hostname);
  const named = title || host;
  const item = clone("source-template");
  if (uri || path) item.querySelector("a").href = uri || path;
  item.querySelector(".source__title").textContent = named;
  item.querySelector(".source__domain").textContent = host === named ? "" : host;
  return item;
}

/** The template of this kind with text in these places. */
function written(kind, texts) {
  const element = clone(`part-${kind}-template`);
  for (const [place, text] of Object.entries(texts)) {
    const found = element.querySelector(place);
    if (found) found.textContent = text ?? "";
  }
  return element;
}

/** A vendor's address, if it is one of the web; else empty. */
function webAddress(address) {
  return URL.canParse(address) && SCHEMES.includes(new URL(address).protocol) ? address : "";
}

function readable(value) {
  return typeof value === "string" ? value : JSON.stringify(value ?? "", null, 2);
}
