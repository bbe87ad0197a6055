/** The page of a prompt: each variable of its text has a row that says what it takes. */

const form = document.querySelector(".prompt-form");
const rows = form.querySelector(".variables");
const template = document.getElementById("variable-template");
const VARIABLE = /\{\{[^\S\n]*([^{}|:\s](?:[^{}|:\n]{0,58}[^{}|:\s])?)[^\S\n]*\}\}/gu;
/** Rows whose variables are not in the text now: their words come back with it. */
const known = new Map();

const nameOf = (row) => row.querySelector("[name=variable]").value;

function rowOf(name) {
  if (!known.has(name)) {
    const row = template.content.firstElementChild.cloneNode(true);
    row.querySelector("[name=variable]").value = name;
    row.querySelector(".variable__name").textContent = name;
    known.set(name, row);
  }
  return known.get(name);
}

function show() {
  const names = new Set([...form.elements.text.value.matchAll(VARIABLE)].map(([, name]) => name));
  const shown = [...rows.children];
  const wanted = [...names].map(rowOf);
  const isSame = shown.length === wanted.length && shown.every((row, at) => row === wanted[at]);
  if (!isSame) rows.replaceChildren(...wanted);
}

for (const row of rows.children) known.set(nameOf(row), row);
form.elements.text.addEventListener("input", show);
show();
