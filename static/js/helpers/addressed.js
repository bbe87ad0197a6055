/** Whom a text begins with: “@name” of people and models, one or several, perhaps with commas between them. */

/** A name ends where no letter or digit follows; Chinese and Japanese are written without blanks, Korean adds endings. */
const OTHER = String.raw`(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー])[\p{L}\p{N}_]`;
const END = String.raw`(?!${OTHER}|[.:/-]${OTHER})`;
const SYNTAX = /[\\^$.*+?()[\]{}|/]/g;
const BLANKS = /[^\S\n]+/g;
const BETWEEN = /^[\s,，、]+/u;

/** Those of `named` ({name}) that the text begins with, in its order; of two that fit, the longer name counts. */
export function addressedBy(text, named) {
  const found = new Set();
  const inOrder = [...named].sort((one, other) => other.name.length - one.name.length);
  let rest = folded(text).trimStart();
  let next;
  do {
    next = beginsWithSign(rest) && inOrder.find(({ name }) => begins(rest, name));
    if (next) found.add(next);
    if (next) rest = rest.slice(begins(rest, next.name)).replace(BETWEEN, "");
  } while (next);
  return [...found];
}

/** Whether somebody may be named at the text's begin. */
export const beginsWithSign = (text) => /^\s*[@＠]/.test(text);

/** The length of the mention of this name with which the text begins; 0 for none. */
function begins(text, name) {
  return new RegExp(`^@${folded(name).replace(SYNTAX, "\\$&")}${END}`, "iu").exec(text)?.[0].length ?? 0;
}

/** The text in one form of letters, blanks and apostrophes: keyboards differ in them. */
function folded(text) {
  return text.normalize("NFKC").replace(BLANKS, " ").replaceAll("’", "'");
}
