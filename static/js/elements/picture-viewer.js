/** A picture as large as the window, and the way to the others of the conversation: one viewer for the whole page. */

import { closeBeside } from "../helpers/dialogs.js";
import { clone } from "../helpers/templates.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
/** Pixels that a finger moves to the side for another picture. */
const SWIPE = 50;

class PictureViewer extends HTMLElement {
  #links = [];
  #place = 0;
  #finger = 0;

  connectedCallback() {
    closeBeside(this.dialog);
    this.dialog.addEventListener("click", ({ target }) => this.#clicked(target));
    this.dialog.addEventListener("keydown", ({ key }) => key in STEPS && this.#step(STEPS[key]));
    this.dialog.addEventListener("close", () => this.#closed());
    this.#picture.addEventListener("touchstart", ({ touches }) => (this.#finger = touches[0].clientX), { passive: true });
    this.#picture.addEventListener("touchend", ({ changedTouches }) => this.#swiped(changedTouches[0].clientX));
  }

  get dialog() {
    return this.querySelector("dialog");
  }

  /** Shows the picture of one of these links. */
  open(link, links) {
    this.#links = links;
    this.#show(links.indexOf(link));
    this.dialog.showModal();
  }

  get #picture() {
    return this.querySelector(".viewer__picture");
  }

  #show(place) {
    this.#place = place;
    const { href, firstElementChild } = this.#links[place];
    Object.assign(this.#picture, { src: href, alt: firstElementChild.alt });
    Object.assign(this.querySelector("[download]"), { href, download: firstElementChild.alt });
    this.querySelector(".viewer__name").textContent = firstElementChild.alt;
    const count = this.#links.length;
    this.querySelector(".viewer__place").textContent = count > 1 ? `${place + 1} / ${count}` : "";
    for (const button of this.querySelectorAll("[data-step]")) button.hidden = count < 2;
  }

  #step(by) {
    this.#show((this.#place + by + this.#links.length) % this.#links.length);
  }

  #swiped(x) {
    const moved = x - this.#finger;
    if (visualViewport.scale === 1 && Math.abs(moved) > SWIPE) this.#step(moved < 0 ? 1 : -1);
  }

  /** A click beside the picture closes it, too. */
  #clicked(target) {
    const button = target.closest("[data-step]");
    if (button) this.#step(Number(button.dataset.step));
    else if (target.closest("[data-act=close]")) this.dialog.close();
  }

  /** Back at the picture that was looked at last. */
  #closed() {
    this.#picture.removeAttribute("src");
    const link = this.#links[this.#place];
    link.scrollIntoView({ block: "nearest" });
    link.focus({ preventScroll: true });
  }
}

customElements.define("picture-viewer", PictureViewer);

/** Opens the page's viewer, drawn: its style sheet comes with it. */
export async function open(link, links) {
  const viewer = document.querySelector("picture-viewer") ?? (await placed());
  viewer.open(link, links);
}

async function placed() {
  const viewer = document.body.appendChild(clone("picture-viewer-template"));
  const sheet = viewer.querySelector("link");
  await new Promise((resolve) => (sheet.onload = sheet.onerror = resolve));
  return viewer;
}
