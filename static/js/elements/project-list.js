/** The sidebar's projects: fetched again when one of their conversations has moved; what was unfolded stays so. */

import { fragment } from "../helpers/html.js";
import { whenReleased } from "../helpers/pressing.js";
import { rememberFolded } from "../helpers/sidebar-cookie.js";

const PAUSE = 800; // milliseconds

class ProjectList extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    const part = this.closest("details");
    part.addEventListener("toggle", ({ target }) => target === part && rememberFolded("projects", !part.open));
    for (const type of ["arranged", "ended"]) document.addEventListener(type, () => this.#refreshSoon());
  }

  /** What an event says of a conversation that is in a project, was in one, or comes into one. */
  hear({ conversation, project }) {
    if (project || this.#row(conversation)) this.#refreshSoon();
  }

  /** Marks the conversation that the page shows. */
  choose(id) {
    this.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const row = this.#row(id);
    if (row) row.ariaCurrent = "page";
  }

  /** Several reasons within a moment are one. */
  #refreshSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), PAUSE);
  }

  async #refresh() {
    const response = await fetch(this.dataset.source).catch(() => null);
    if (!response?.ok || response.redirected) return;
    const html = await response.text();
    whenReleased(() => this.#show(fragment(html)));
  }

  #show(fresh) {
    const open = new Set([...this.querySelectorAll("details[open]")].map(({ dataset }) => dataset.id));
    const current = this.querySelector("[aria-current]")?.dataset.id;
    const focused = this.contains(document.activeElement) && nameOf(document.activeElement);
    this.replaceChildren(fresh);
    for (const one of this.querySelectorAll("details")) one.open = open.has(one.dataset.id);
    if (current) this.choose(current);
    if (focused) [...this.querySelectorAll("a, summary")].find((one) => nameOf(one) === focused)?.focus();
  }

  #row(id) {
    return this.querySelector(`a[data-id="${CSS.escape(id)}"]`);
  }
}

customElements.define("project-list", ProjectList);

/** What tells a link or a head apart from others, before and after they are fetched again. */
const nameOf = ({ href, parentElement }) => href ?? parentElement.dataset.id;
