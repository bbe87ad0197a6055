/** The rarer actions of a message, and the models that may try again: one menu for the whole page. */

import { fetchPart } from "../helpers/loading.js";
import { FEW, firstOf } from "../helpers/model-order.js";
import { phrase } from "../helpers/phrases.js";
import { placeBeside } from "../helpers/popover-position.js";
import { hasVoices, isReading, readAloud, silence } from "../helpers/reading-aloud.js";
import { clone } from "../helpers/templates.js";
import { page } from "../models/page.js";

/** So many models stand in the menu itself where there are more than few. */
const FIRST = 5;
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

class MessageMenu extends HTMLElement {
  #actions = null;
  #button = null;

  connectedCallback() {
    this.addEventListener("click", ({ target }) => this.#clicked(target.closest("button")));
    this.addEventListener("keydown", (event) => this.#keyDown(event));
    this.addEventListener("toggle", ({ newState }) => (this.#button.ariaExpanded = String(newState === "open")));
    globalThis.speechSynthesis?.addEventListener("voiceschanged", () => this.toggleAttribute("data-voices", hasVoices()));
    document.querySelector("chat-transcript").addEventListener("scroll", () => this.#follow(), { passive: true });
  }

  /** At its own button's click it has just been closed. */
  open(message, button) {
    if (button.ariaExpanded === "true") return;
    [this.#actions, this.#button] = [message.querySelector("message-actions"), button];
    this.dataset.role = message.dataset.role;
    this.toggleAttribute("data-sharable", page.canShare);
    this.toggleAttribute("data-remarkable", page.canRemark && !message.isUnderWay);
    this.#offerMark(message);
    this.toggleAttribute("data-voices", hasVoices());
    this.toggleAttribute("data-reading", isReading());
    this.querySelector(".message-menu__models").replaceChildren(...choicesBut(message.name));
    this.showPopover();
    placeBeside(this, button);
    this.#items[0]?.focus({ preventScroll: true });
  }

  /** Who writes here verifies a reply; another person's mark is changed and withdrawn by who decides here. */
  #offerMark(message) {
    const mark = message.querySelector("verified-mark");
    const isWhole = ["complete", "stopped"].includes(message.dataset.status);
    const isMine = !mark || mark.dataset.person === page.person.id || page.isLed;
    this.toggleAttribute("data-verifiable", page.canWrite && isWhole && isMine);
    this.toggleAttribute("data-verified", Boolean(mark));
  }

  get #items() {
    return [...this.querySelectorAll("button")].filter((item) => item.checkVisibility());
  }

  /** The button moves while a reply grows; a menu without its button has no sense. Under a pointer nothing moves. */
  #follow() {
    if (!this.matches(":popover-open") || this.matches(":hover")) return;
    if (this.#button.checkVisibility()) placeBeside(this, this.#button);
    else this.hidePopover();
  }

  #clicked(item) {
    if (!item) return;
    this.hidePopover();
    if (item.dataset.model) this.#actions.act("retry", { models: [item.dataset.model] });
    else if (item.dataset.act === "all") this.#showAll();
    else if (item.dataset.act === "share") this.#share();
    else if (item.dataset.act === "details") this.#showDetails();
    else if (item.dataset.act === "remark") this.#actions.closest("chat-message").dispatchEvent(new CustomEvent("begin-remark", { bubbles: true }));
    else if (item.dataset.act === "verify") this.#verify();
    else if (item.dataset.act === "unverify") this.#actions.act("unverify");
    else if (item.dataset.act === "aloud") readAloud(this.#actions.closest("chat-message"));
    else if (item.dataset.act === "silence") silence();
    else this.#actions.act("fork");
  }

  async #showAll() {
    const [actions, button] = [this.#actions, this.#button];
    const loaded = await import("./model-picker.js").catch(() => null);
    const { name } = actions.closest("chat-message");
    const pick = (models) => actions.act("retry", { models });
    if (loaded) loaded.open(button, others(name), { chosen: [], isSeveral: false, most: 1, pick });
    else actions.say("lost");
  }

  async #share() {
    const loaded = await import("./share-panel.js").catch(() => null);
    if (loaded) await loaded.open(this.#actions.closest("chat-message").dataset.id);
    else this.#actions.say("lost");
  }

  async #verify() {
    const loaded = await fetchPart(() => import("./verify-panel.js"));
    loaded?.open(this.#actions.closest("chat-message"));
  }

  async #showDetails() {
    const loaded = await fetchPart(() => import("../page/reply-details.js"));
    await loaded?.showDetails(this.#actions.closest("chat-message").dataset.id, this.#button);
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
function others(name) {
  const offered = [...(document.getElementById("composer-model")?.options ?? [])];
  return offered.filter(({ textContent }) => textContent.trim() !== name.trim());
}

/** All of few; of many those that this person takes most, and the way to the list. */
function choicesBut(name) {
  const models = others(name);
  const isFew = models.length <= FEW;
  const first = isFew ? models : firstOf(models).slice(0, FIRST);
  const items = first.map(({ value, textContent }) => itemOf(textContent, { model: value }));
  return isFew ? items : [...items, itemOf(phrase("picker.all"), { act: "all" })];
}

function itemOf(words, data) {
  const item = clone("menu-item-template");
  Object.assign(item.dataset, data);
  item.textContent = words;
  return item;
}
