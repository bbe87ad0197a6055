/** Tools of one table: copies it for a spreadsheet or as Markdown, saves it as CSV. */

import { copy } from "../helpers/copy.js";
import { save, fileName } from "../helpers/saving.js";
import { asCsv, asMarkdown, asMarkup, asTsv } from "../helpers/tables.js";
import { clone } from "../helpers/templates.js";

const ACTS = {
  copy: (table, button) => copy(asTsv(table), button, asMarkup(table)),
  markdown: (table, button) => copy(asMarkdown(table), button),
  csv: (table) => save(asCsv(table), fileName(document.querySelector(".chat__title").textContent, "csv")),
};

class TableTools extends HTMLElement {
  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(clone("table-tools-template"));
    this.addEventListener("click", ({ target }) => this.#clicked(target.closest("[data-tool]")));
  }

  #clicked(button) {
    if (button) ACTS[button.dataset.tool](this.parentElement.querySelector("table"), button);
  }
}

customElements.define("table-tools", TableTools);
