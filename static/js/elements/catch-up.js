/** What its reader has missed: how many messages, what it costs to be told of them, and what a model tells. */

import { call } from "../helpers/api.js";
import { money } from "../helpers/formats.js";
import { addPhrases, phrase } from "../helpers/phrases.js";
import { codeOf } from "../helpers/refused.js";
import { page } from "../models/page.js";

const PAUSE = 1_000;

class CatchUp extends HTMLElement {
  #offer = null;
  #told = null;

  connectedCallback() {
    addPhrases(this.querySelector("[data-words]"));
    this.#button("ask").addEventListener("click", () => this.#ask());
    this.#button("stop").addEventListener("click", () => this.#stop());
    this.#button("hide").addEventListener("click", () => this.remove());
    this.#price();
  }

  /** What it costs stands at the button before it is pressed; what was told already costs nothing. */
  async #price() {
    this.#offer = await call("GET", `${this.dataset.source}?since=${this.dataset.since}`).catch(() => null);
    if (!this.#offer) return;
    const { model_name, cost, currency, made } = this.#offer;
    const [button, told] = [this.#button("ask"), this.querySelector(".catch-up__cost")];
    button.disabled = button.hidden = !model_name && !made;
    if (button.hidden) told.textContent = phrase("catch-up.no_model");
    else if (!made && cost) told.textContent = phrase("catch-up.cost", { model: model_name, cost: money(cost, currency) });
  }

  async #ask() {
    const { dataset } = this;
    this.#button("ask").disabled = true;
    this.#button("stop").disabled = false;
    this.#show({ status: "waiting", model_name: this.#offer.made?.model_name ?? this.#offer.model_name, items: [] });
    try {
      this.#told = this.#offer.made ?? (await call("POST", dataset.source, { since: Number(dataset.since), last: this.#offer.last }));
      while (this.#told.status === "waiting" && this.isConnected) await this.#look();
      this.#show(this.#told);
    } catch (error) {
      this.#show({ status: "failed", error: codeOf(error), items: [] });
    }
  }

  async #look() {
    this.#show(this.#told);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    this.#told = await call("GET", `${this.dataset.source}/${this.#told.id}`);
  }

  async #stop() {
    this.#button("stop").disabled = true;
    await call("DELETE", `${this.dataset.source}/${this.#told.id}`).catch(codeOf);
  }

  #show({ id, status, model_name: model, items, error }) {
    const name = status === "failed" ? error : status === "ready" && !items.length ? "nothing" : status;
    this.dataset.state = status;
    this.querySelector(".catch-up__told").hidden = false;
    this.querySelector(".catch-up__notice").textContent = phrase(`catch-up.${name}`, { model }) || phrase("catch-up.failed");
    this.#button("stop").hidden = status !== "waiting" || !id;
    this.#button("ask").hidden = status === "waiting" || status === "ready";
    this.#button("ask").disabled = false;
    if (status !== "waiting" && status !== "ready") this.#offer.made = null;
    for (const part of this.querySelectorAll("[data-kind]")) {
      const lines = items.filter(({ kind }) => kind === part.dataset.kind).map(lineOf);
      part.hidden = !lines.length;
      part.querySelector("ul").replaceChildren(...lines);
    }
  }

  #button(name) {
    return this.querySelector(`[name=${name}]`);
  }
}

customElements.define("catch-up", CatchUp);

/** What is said of a message, and who wrote it. */
function lineOf({ message, text, by }) {
  const [line, link, name] = ["li", "a", "span"].map((tag) => document.createElement(tag));
  const isShown = document.querySelector("chat-transcript").thread.find(message);
  const elsewhere = `${page.urls.conversation(page.conversation)}?at=${message}`;
  link.href = `${isShown ? "" : elsewhere}#message-${message}`;
  link.textContent = text;
  link.dir = "auto";
  name.className = "catch-up__by";
  name.textContent = by ? ` · ${by.name}` : "";
  line.append(link, name);
  return line;
}
