/** The head of the chat: what the conversation is called and who reads it. */

import { phrase } from "../helpers/phrases.js";

export class Header {
  #title = document.querySelector(".chat__title");
  #chip = document.querySelector(".chip");
  #menu = document.querySelector(".chat__menu");

  constructor() {
    this.#chip.addEventListener("click", () => this.#showAudience());
    this.#menu.addEventListener("click", () => delete this.#menu.dataset.news);
  }

  get isOfTeam() {
    return "team" in this.#chip.dataset;
  }

  /** Shows what is known of the open conversation. */
  show({ title, team, shared }) {
    this.#chip.hidden = false;
    this.#chip.toggleAttribute("data-team", Boolean(team));
    if (shared !== undefined) this.#chip.toggleAttribute("data-shared", shared);
    this.#chip.querySelector(".chip__name").textContent = team?.name ?? phrase("audience.private");
    if (!title) return;
    this.#title.textContent = title;
    document.title = [title, ...document.title.split(" · ").slice(-1)].join(" · ");
  }

  /** Tells of another conversation: a line that stays until the next one, and on a phone a dot at the button before it. */
  showNews({ title, team }) {
    document.querySelector(".sidebar__news").textContent = phrase("news", { title, team: team.name });
    this.#menu.dataset.news = "";
  }

  async #showAudience() {
    await import("../elements/audience-panel.js");
    await document.querySelector("audience-panel").open();
  }
}
