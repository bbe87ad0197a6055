/** The rarer actions of a message, and the models that may try again: one menu for the whole page. */

import { placeBeside } from "../helpers/popover-position.js";
import { clone } from "../helpers/templates.js";
import { page } from "../models/page.js";

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

class MessageMenu extends HTMLElement {
  #actions = null;
  #button = null;

  connectedCallback() {
    this.addEventListener("click", ({ target }) => this.#clicked(target.closest("button")));
    this.addEventListener("keydown", (event) => this.#keyDown(event));
    this.addEventListener("toggle", ({ newState }) => (this.#button.ariaExpanded = String(newState === "open")));
    document.querySelector("chat-transcript").addEventListener("scroll", () => this.#follow(), { passive: true });
  }

  /** At its own button's click it has just been closed. */
  open(message, button) {
    if (button.ariaExpanded === "true") return;
    [this.#actions, this.#button] = [message.querySelector("message-actions"), button];
    this.dataset.role = message.dataset.role;
    this.toggleAttribute("data-sharable", page.canShare);
    this.querySelector(".message-menu__models").replaceChildren(...choicesBut(message.name));
    this.showPopover();
    placeBeside(this, button);
    this.#items[0]?.focus({ preventScroll: true });
  }

  get #items() {
    return [...this.querySelectorAll("button")].filter((item) => item.checkVisibility());
  }

  /** The button moves while a reply grows; a menu without its button has no sense. */
  #follow() {
    if (!this.matches(":popover-open")) return;
    if (this.#button.checkVisibility()) placeBeside(this, this.#button);
    else this.hidePopover();
  }

  #clicked(item) {
    if (!item) return;
    this.hidePopover();
    if (item.dataset.model) this.#actions.act("retry", { models: [item.dataset.model] });
    else if (item.dataset.act === "share") this.#share();
    else this.#actions.act("fork");
  }

  async #share() {
    const loaded = await import("./share-panel.js").catch(() => null);
    if (loaded) await loaded.open(this.#actions.closest("chat-message").dataset.id);
    else this.#actions.say("lost");
  }

  #keyDown(event) {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const items = this.#items;
    items.at((items.indexOf(document.activeElement) + step) % items.length).focus();
  }
}

customElements.define("message-menu", MessageMenu);

/** Opens it at this button of a message. */
export function open(message, button) {
  const menu = document.querySelector("message-menu") ?? document.body.appendChild(clone("message-menu-template"));
  menu.open(message, button);
}

/** The models that the composer offers, without the one of this name: one who may not write has none. */
function choicesBut(name) {
  const offered = [...(document.getElementById("composer-model")?.options ?? [])];
  const models = offered.filter(({ textContent }) => textContent.trim() !== name.trim());
  return models.map(({ value, textContent }) => {
    const item = clone("menu-item-template");
    item.dataset.model = value;
    item.textContent = textContent;
    return item;
  });
}
