/** A conversation as a file; of the open one, the branch that is in sight. */

import { stepThrough } from "../helpers/menu-keys.js";
import { placeBeside } from "../helpers/popover-position.js";
import { printConversation } from "../helpers/printing.js";
import { clone } from "../helpers/templates.js";
import { page } from "../models/page.js";

class ExportMenu extends HTMLElement {
  #button = null;

  connectedCallback() {
    this.addEventListener("click", ({ target }) => this.#clicked(target.closest(".menu__item")));
    this.addEventListener("keydown", (event) => stepThrough(this, event));
    this.addEventListener("toggle", ({ newState }) => (this.#button.ariaExpanded = String(newState === "open")));
  }

  open(button, id) {
    this.#button = button;
    for (const item of this.querySelectorAll("[data-format]")) item.href = addressOf(id, item.dataset.format);
    this.querySelector("[name=print]").hidden = id !== page.conversation;
    this.showPopover();
    placeBeside(this, button);
    this.querySelector(".menu__item").focus({ preventScroll: true });
  }

  #clicked(item) {
    if (!item) return;
    this.hidePopover();
    if (item.name === "print") printConversation();
  }
}

customElements.define("export-menu", ExportMenu);

/** Opens it at this button, for this conversation; a menu within the drawer leaves the drawer open. */
export function open(button, id) {
  document.querySelector("export-menu")?.remove();
  const place = button.closest("[popover]") ?? document.body;
  place.appendChild(clone("export-menu-template")).open(button, id);
}

/** Of replies side by side the server knows which one goes on. */
function addressOf(id, format) {
  const last = [...document.querySelectorAll("chat-transcript chat-message[data-id]")].at(-1);
  const isInSight = id === page.conversation && format !== "json" && last?.dataset.id && !last.closest(".comparison");
  return `${page.api.exportOf(id)}?${new URLSearchParams({ format, ...(isInSight && { leaf: last.dataset.id }) })}`;
}
