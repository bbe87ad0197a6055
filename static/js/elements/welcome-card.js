/** The first-run card: how far the local model is, and which fields a vendor's key needs. */

import { addPhrases, phrase } from "../helpers/phrases.js";
import { page } from "../models/page.js";

const PAUSE = 1_000;
const MEGABYTE = 1_000_000;
const UNFINISHED = ["waiting", "fetching"];
const USABLE = ["ready", "running"];

class WelcomeCard extends HTMLElement {
  #isChosen = false;

  connectedCallback() {
    addPhrases(this.querySelector(".more-words"));
    this.#local.addEventListener("submit", (event) => this.#choose(event));
    this.#preset.addEventListener("change", () => this.#showFields());
    this.#showFields();
    this.#follow();
  }

  get #local() {
    return this.querySelector(`form[action="${this.dataset.source}"]`);
  }

  get #preset() {
    return this.querySelector("[name=preset]");
  }

  async #follow() {
    const response = await fetch(this.dataset.source, { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    const state = await response.json();
    this.#show(state);
    if (this.#isChosen && USABLE.includes(state.stage)) location.assign(page.urls.home);
    else if (UNFINISHED.includes(state.stage)) setTimeout(() => this.#follow(), PAUSE);
  }

  #show({ stage, done, total, reason }) {
    const isFetching = stage === "fetching" && total > 0;
    const bar = this.querySelector("progress");
    bar.parentElement.hidden = !isFetching;
    if (isFetching) bar.value = done / total;
    const megabytes = { done: Math.round(done / MEGABYTE), total: Math.round(total / MEGABYTE) };
    const waits = this.#isChosen && UNFINISHED.includes(stage) ? phrase("model.chosen") : "";
    const failed = ["unavailable", "failed"].includes(stage);
    const sentences = [phrase(`model.${stage}`, megabytes), waits, failed ? reason : ""];
    this.querySelector(".way__stage").textContent = sentences.filter(Boolean).join(" ");
    this.#local.querySelector("button").disabled = failed || this.#isChosen;
  }

  /** Chosen while it is still being fetched, the page goes on by itself when it is there. */
  async #choose(event) {
    event.preventDefault();
    this.#isChosen = true;
    const response = await fetch(this.dataset.source, { method: "POST", body: new FormData(this.#local) });
    this.#isChosen = response.ok;
    this.#follow();
  }

  #showFields() {
    const { baseUrl, needsKey, example } = this.#preset.selectedOptions[0]?.dataset ?? {};
    const address = this.querySelector("[data-field=base_url]");
    address.hidden = Boolean(baseUrl);
    address.querySelector("input").required = !baseUrl;
    this.querySelector("[data-field=key]").hidden = needsKey === "false";
    this.querySelector("[name=models]").placeholder = example ?? "";
  }
}

customElements.define("welcome-card", WelcomeCard);
