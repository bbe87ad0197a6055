/** Tools at the finished blocks of a message. Patches count the nodes of open blocks, so those get none. */

import { number } from "./formats.js";
import { fetchElement } from "./loading.js";
import { phrase } from "./phrases.js";
import { clone } from "./templates.js";

/** Code beyond so many lines is folded; code-block.css shows as many of it. */
const MOST_LINES = 30;

/** Gives code and tables in this markup their tools; `folds`: and folds long code. */
export function addTools(markup, { folds }) {
  for (const bar of markup.querySelectorAll(".code-block__bar:not(:has(.copy))")) {
    bar.append(document.createElement("code-tools"), clone("copy-code-template"));
    measure(bar.parentElement, folds);
    fetchElement("code-tools", () => import("../elements/code-tools.js"));
  }
  for (const box of markup.querySelectorAll(".table-scroll:not(:has(> table-tools))")) giveTools(box);
  if (markup.matches?.(".table-scroll:not(:has(> table-tools))")) giveTools(markup);
}

function giveTools(box) {
  box.prepend(document.createElement("table-tools"));
  fetchElement("table-tools", () => import("../elements/table-tools.js"));
}

/** Shows all lines of folded code, or folds it. */
export function toggleFold(block) {
  const isFolded = block.toggleAttribute("data-folded");
  for (const button of block.querySelectorAll("[data-fold]")) button.ariaExpanded = String(!isFolded);
}

function measure(block, folds) {
  const lines = block.querySelector("pre").textContent.trimEnd().split("\n").length;
  if (lines <= MOST_LINES) return;
  block.dataset.lines = lines;
  block.toggleAttribute("data-folded", folds);
  const button = clone("unfold-template");
  button.textContent = phrase("code.all", { count: number(lines) });
  block.append(button);
}
