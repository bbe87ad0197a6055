/**
 * Which assistant the composer asks. Those that are offered stand in the list of models, above them, and come with their
 * words when the page has started. A model that is picked takes the assistant off.
 */

import { fetchElement } from "../helpers/loading.js";
import { placePart } from "../helpers/page-parts.js";
import { clone } from "../helpers/templates.js";
import { page } from "../models/page.js";

class AssistantChoice {
  #composer;
  #chosen = null;
  #isPicked = false;

  constructor(composer) {
    this.#composer = composer;
  }

  async start() {
    const { assistants, assistant } = this.#composer.dataset;
    await placePart(assistants, this.#composer);
    const { models } = this.#composer;
    models.assistants = this;
    this.#isPicked = Boolean(assistant && !page.conversation);
    if (assistant) this.#ask(assistant);
    document.querySelector("model-picker:popover-open")?.add(this.options, this.ids ?? models.ids);
  }

  get options() {
    return [...this.#composer.querySelector(".assistants").options];
  }

  /** The id of the one that is asked, in a list; undefined without one, and where models are compared. */
  get ids() {
    return this.#chosen && !this.#composer.form.hasAttribute("data-comparing") ? [this.#chosen.value] : undefined;
  }

  get name() {
    return this.#chosen?.textContent;
  }

  /**
   * What a message says, which is for these models: of an assistant's own, the server takes the first that is allowed, and
   * tells that there is none. The one that is shown is always said: others may have picked another one meanwhile.
   */
  said(models) {
    const { models: own = "", none } = this.#chosen?.dataset ?? {};
    const isOwn = models?.length === 1 && (none !== undefined || own.split(" ").includes(models[0]));
    const assistant = this.#chosen?.value ?? (this.#isPicked ? null : undefined);
    return { assistant, models: isOwn ? undefined : models };
  }

  /** The names of the parameters that it sets. */
  get sets() {
    return this.#chosen?.dataset.sets.split(" ").filter(Boolean) ?? [];
  }

  /** The conversation has this one now; what was picked here and not said yet stays. */
  follow({ assistant: id, began_with: began }) {
    showBeginning(began);
    const { form, models } = this.#composer;
    const isNews = id !== (this.#chosen?.value ?? null);
    if (this.#isPicked) this.#isPicked = isNews;
    else if (isNews && !form.hasAttribute("data-comparing") && !this.#ask(id)) {
      models.askOnly(form.elements.model.selectedOptions[0].textContent);
    }
  }

  /** Whether what was picked is an assistant. */
  pick(ids) {
    if (ids.length > 1) return false; // They are compared, as this assistant.
    this.#isPicked = true;
    return this.#ask(ids[0]);
  }

  #ask(id) {
    this.#chosen = this.options.find(({ value }) => value === id) ?? null;
    this.#showStarters();
    if (!this.#chosen) return false;
    const { model } = this.#composer.form.elements;
    const [first] = this.#chosen.dataset.models.split(" ");
    const option = [...model.options].find(({ value }) => value === first) ?? model.selectedOptions[0];
    this.#composer.models.askOnly(option.textContent);
    return true;
  }

  /** A new conversation offers how to begin with it, also after a reload. */
  #showStarters() {
    if (page.conversation) return;
    const address = new URL(location);
    if (this.#chosen) address.searchParams.set("assistant", this.#chosen.value);
    else address.searchParams.delete("assistant");
    history.replaceState(history.state, "", address);
    const list = document.querySelector(".start__starters");
    for (const own of list?.querySelectorAll("[data-own]") ?? []) own.remove();
    const starters = JSON.parse(this.#chosen?.dataset.starters || "[]");
    list?.toggleAttribute("data-assistant", starters.length > 0);
    list?.prepend(...starters.map((text) => starterOf(list, text)));
  }
}

/** With which one a conversation began, above its first message. */
function showBeginning(began) {
  const transcript = document.querySelector("chat-transcript");
  if (!began || transcript.querySelector(".transcript__began")) return;
  const line = clone("began-template");
  line.querySelector("bdi").textContent = `${began.symbol} ${began.name}`.trim();
  transcript.prepend(line);
}

function starterOf(list, text) {
  const item = list.querySelector("li").cloneNode(true);
  item.dataset.own = "";
  const button = item.querySelector("button");
  [button.textContent, button.dataset.text] = [text, text];
  return item;
}

const choice = new AssistantChoice(document.querySelector("message-composer"));
fetchElement("assistants", () => choice.start().then(() => true));
