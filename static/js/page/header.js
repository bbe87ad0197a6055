/** The head of the chat: what the conversation is called and who reads it. */

import { fetchPart, openForTyping } from "../helpers/loading.js";
import { titlePage } from "../helpers/page-title.js";
import { listed, phrase } from "../helpers/phrases.js";
import { placeName } from "../helpers/conversation-rows.js";
import { page } from "../models/page.js";

export class Header {
  /** Null for one who only reads. */
  #rename = document.querySelector(".chat__rename");
  #title = this.#rename ?? document.querySelector(".chat__title");
  #chip = document.querySelector(".chip");
  #menu = document.querySelector(".chat__menu");
  #print = document.querySelector(".chat__print");
  #more = document.querySelector(".chat__more");

  constructor() {
    this.#chip.addEventListener("click", () => this.#showAudience());
    this.#print.addEventListener("click", () => this.#printAll());
    this.#rename?.addEventListener("click", () => this.#editTitle());
    this.#more.addEventListener("click", () => this.#showMenu());
    this.#menu.addEventListener("click", () => delete this.#menu.dataset.news);
  }

  get isOfTeam() {
    return "team" in this.#chip.dataset;
  }

  /** Shows what is known of the open conversation. */
  show({ title, owner, team, teams = [], guests = [], project_name: project, shared }) {
    const readers = [team ?? owner, ...teams, ...guests].filter((one) => one && one.id !== page.person.id).map(({ name }) => name);
    this.#chip.hidden = this.#print.hidden = this.#more.hidden = false;
    this.#chip.toggleAttribute("data-team", readers.length > 0);
    if (shared !== undefined) this.#chip.toggleAttribute("data-shared", shared);
    this.#chip.querySelector(".chip__name").textContent = placeName({ name: listed(readers) || phrase("audience.private") }, project);
    if (title) this.#entitle(title);
    const kept = document.getElementById("kept");
    kept.hidden = !team?.keeps_days;
    kept.firstElementChild.textContent = team?.keeps_days;
  }

  #entitle(title) {
    this.#title.textContent = title;
    if (this.#rename) this.#rename.disabled = false;
    titlePage(title);
  }

  /** Tells of another conversation: a line that stays until the next one, and on a phone a dot at the button before it. */
  showNews({ title, team }) {
    document.querySelector(".sidebar__news").textContent = phrase("news", { title, team: team.name });
    this.#menu.dataset.news = "";
  }

  #editTitle() {
    const field = { id: page.conversation, shown: this.#rename.closest("h1"), button: this.#rename };
    const saved = ({ title }) => this.#entitle(title);
    openForTyping(() => import("../elements/title-field.js"), ({ open }) => open({ ...field, saved }));
  }

  async #showMenu() {
    const loaded = await fetchPart(() => import("../elements/conversation-menu.js"));
    loaded?.openAt(this.#more);
  }

  async #printAll() {
    const loaded = await fetchPart(() => import("../helpers/printing.js"));
    await loaded?.printConversation();
  }

  async #showAudience() {
    if (!(await fetchPart(() => import("../elements/audience-panel.js")))) return;
    await document.querySelector("audience-panel").open();
  }
}
