/** A table of a message in other forms: for spreadsheets, and as Markdown. */

import { latex } from "./copied-words.js";
import { markupIn } from "./html.js";

/**
 * Where a formula would begin in a spreadsheet: at the start, and behind what separates cells in some countries. The same
 * rule as in providers/csv_table.py.
 */
const FORMULA = /(^[\s"]*|[;\t\r\n][\s"]*)(?=[=+@＝＋－＠-])|^(?=[\t\r\n])/g;
const AMOUNT = /^[+-]?(?:\d[\d.,\s]*|[.,]\d+)%?$/;
const MARK = "\ufeff";
const AROUND = { STRONG: "**", EM: "*", S: "~~", CODE: "`" };
const RULES = { "align-right": "---:", "align-center": ":---:", "align-left": ":---" };

/**
 * The table as CSV (RFC 4180), with the mark by which spreadsheets recognise UTF-8.
 *
 * A cell that would be a formula (it begins with = + - or @) gets an apostrophe in front, unless it is a number.
 */
export function asCsv(table) {
  const lines = rows(table).map((row) => row.map((cell) => quoted(harmless(cell))).join(","));
  return MARK + lines.map((line) => `${line}\r\n`).join("");
}

/** The table as lines of cells with tabs between them, in which no cell is a formula. */
export function asTsv(table) {
  return rows(table).map((row) => row.map((cell) => harmless(cell.replace(/\s+/g, " "))).join("\t")).join("\n");
}

/** The table as markup for a clipboard, in which no cell is a formula. */
export function asMarkup(table) {
  const copy = document.createElement("div");
  copy.append(plain(table));
  for (const cell of copy.querySelectorAll("th, td")) if (harmless(words(cell)) !== words(cell)) cell.prepend("'");
  return markupIn(copy);
}

export function asMarkdown(table) {
  const [head, ...body] = [...table.rows].map((row) => `| ${[...row.cells].map(inMarkdown).join(" | ")} |`);
  const rule = [...table.rows[0].cells].map(({ classList }) => RULES[[...classList].find((name) => name in RULES)] ?? "---");
  return [head, `| ${rule.join(" | ")} |`, ...body].join("\n");
}

function rows(table) {
  return [...table.rows].map((row) => [...row.cells].map((cell) => words(plain(cell))));
}

/** A copy with formulas as LaTeX, line ends as characters, and without the numbers of sources. */
function plain(element) {
  const copy = element.cloneNode(true);
  for (const number of copy.querySelectorAll(".cite")) number.remove();
  for (const formula of copy.querySelectorAll("math")) formula.replaceWith(latex(formula));
  for (const end of copy.querySelectorAll("br")) end.after("\n");
  return copy;
}

const words = (cell) => cell.textContent.trim().replace(/\n+/g, "\n");

const harmless = (text) => (AMOUNT.test(text) ? text : text.replace(FORMULA, "$1'"));

const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function inMarkdown(cell) {
  return [...cell.childNodes].map(written).join("").replace(/\s*<br>\s*/g, "<br>").trim();
}

function written(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data.replace(/\s+/g, " ").replace(/[\\|*`]/g, "\\$&");
  if (node.localName === "math") return latex(node).replaceAll("|", "\\vert ");
  if (node.localName === "br") return "<br>";
  if (node.matches(".cite")) return "";
  const bar = AROUND[node.tagName] ?? "";
  const inside = bar === "`" ? node.textContent.replaceAll("|", "\\|") : inMarkdown(node);
  return node.localName === "a" ? `[${inside}](${node.href})` : bar + inside + bar;
}
