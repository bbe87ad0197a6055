/** Whom a text begins with: “@name” of people and models, one or several, perhaps with commas between them. */

/** A name ends where no letter or digit follows; Chinese is written without blanks. */
const OTHER = String.raw`(?!\p{Script=Han})[\p{L}\p{N}_]`;
const END = String.raw`(?!${OTHER}|[.:/-]${OTHER})`;
const SYNTAX = /[\\^$.*+?()[\]{}|/]/g;
const BETWEEN = /^[\s,，、]+/u;

/** Those of `named` ({name}) that the text begins with, in its order; of two that fit, the longer name counts. */
export function addressedBy(text, named) {
  const found = new Set();
  const inOrder = [...named].sort((one, other) => other.name.length - one.name.length);
  let rest = text.trimStart();
  let next;
  do {
    next = rest.startsWith("@") && inOrder.find(({ name }) => begins(rest, name));
    if (next) found.add(next);
    if (next) rest = rest.slice(begins(rest, next.name)).replace(BETWEEN, "");
  } while (next);
  return [...found];
}

/** The length of the mention of this name with which the text begins; 0 for none. */
function begins(text, name) {
  return new RegExp(`^@${name.replace(SYNTAX, "\\$&")}${END}`, "iu").exec(text)?.[0].length ?? 0;
}
