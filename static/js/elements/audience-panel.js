/** Who can read and write here, asked anew whenever it is opened; guests, the end of links, and the way to another audience. */

import { call } from "../helpers/api.js";
import { fragment } from "../helpers/html.js";
import { fetchPart } from "../helpers/loading.js";
import { codeOf } from "../helpers/refused.js";
import { page } from "../models/page.js";

const AS_IT_IS = "-";

class AudiencePanel extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", ({ target }) => this.#changed(target));
    this.addEventListener("submit", (event) => this.#submitted(event));
    this.addEventListener("click", ({ target }) => target.closest("[name=share]") && this.#share());
  }

  async open() {
    await this.#load();
    this.showPopover();
  }

  async #load() {
    const response = await fetch(page.urls.audience(page.conversation)).catch(() => null);
    if (!response?.ok) return;
    const part = fragment(await response.text());
    const sheet = part.querySelector("link");
    const isDrawn = new Promise((resolve) => (sheet.onload = sheet.onerror = resolve));
    this.replaceChildren(part);
    await isDrawn;
  }

  async #share() {
    const panel = await fetchPart(() => import("./share-panel.js"));
    await panel?.open();
  }

  get #form() {
    return this.querySelector("[data-moving]");
  }

  #submitted(event) {
    event.preventDefault();
    const { target: form } = event;
    if (form === this.#form) this.#move();
    else if (form.dataset.guest) this.#end(form.dataset.guest);
    else if (form.dataset.grant) this.#setTeam("DELETE", form.dataset.grant);
    else if ("granting" in form.dataset) this.#setTeam("POST", "", { team: form.elements.team.value, write: Boolean(form.elements.write?.checked) });
    else if ("naming" in form.dataset) this.#give(form.elements.name.value, form.elements.write?.checked);
    else this.#revoke(form);
  }

  #changed(field) {
    if ("name" in field.dataset) call("POST", guests(), { name: field.dataset.name, write: Boolean(field.value) }).catch(() => this.#load());
    else if (field.dataset.grant) this.#setTeam("POST", "", { team: field.dataset.grant, write: Boolean(field.value) });
    else if (field.name === "team") this.#warn(field);
  }

  /** The page is told by an event who reads it then; here a name that was refused stays in its field. */
  async #give(name, write = false) {
    const refusals = [...this.querySelectorAll("[data-naming] [role=alert]")];
    for (const one of refusals) one.hidden = true;
    try {
      await call("POST", guests(), { name, write });
      await this.#load();
    } catch (error) {
      const code = codeOf(error);
      (refusals.find((one) => one.dataset.code === code) ?? refusals.at(-1)).hidden = false;
    }
  }

  async #end(person) {
    await call("DELETE", `${guests()}/${person}`).catch(() => null);
    if (person === page.person.id) location.assign(page.urls.home);
    else await this.#load();
  }

  /** The answer is the page of all links, which would tell of it; here the link is gone from the list. */
  async #revoke(form) {
    await fetch(form.action, { method: "POST", body: new FormData(form) }).catch(() => null);
    await this.#load();
  }

  async #setTeam(method, key, body) {
    await call(method, [`${page.api.conversation(page.conversation)}/teams`, key].filter(Boolean).join("/"), body).catch(() => null);
    if (page.canShare) await this.#load();
    else location.assign(page.urls.home); // A lead has taken their own team out.
  }

  /** Before words of a few become those of many, the many are named. */
  #warn({ form, value }) {
    for (const warning of form.querySelectorAll("[data-goal]")) warning.hidden = warning.dataset.goal !== value;
    form.querySelector("button:not([type])").disabled = value === AS_IT_IS;
  }

  async #move() {
    const refusal = this.#form.querySelector("[role=alert]");
    try {
      const moved = await call("PATCH", page.api.conversation(page.conversation), { team: this.#form.team.value || null });
      if (moved) await this.#load();
      else location.assign(page.urls.home);
    } catch (error) {
      if (codeOf(error)) refusal.hidden = false;
    }
  }
}

const guests = () => `${page.api.conversation(page.conversation)}/guests`;

customElements.define("audience-panel", AudiencePanel);
