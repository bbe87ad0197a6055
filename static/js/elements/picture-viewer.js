/** A picture as large as the window, or larger, and the way to the others of the conversation: one viewer for the whole page. */

import { closeBeside } from "../helpers/dialogs.js";
import { tellAt } from "../helpers/floating-note.js";
import { phrase } from "../helpers/phrases.js";
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
    this.querySelector("[data-act=use]").hidden = !document.querySelector("message-composer");
    this.#show(links.indexOf(link));
    this.dialog.showModal();
  }

  get #picture() {
    return this.querySelector(".viewer__picture");
  }

  #show(place) {
    this.#place = place;
    this.#zoom(false);
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
    if (visualViewport.scale === 1 && !this.#isZoomed && Math.abs(moved) > SWIPE) this.#step(moved < 0 ? 1 : -1);
  }

  /** A click beside the picture closes it, too. */
  #clicked(target) {
    const step = target.closest("[data-step]");
    const button = target.closest("[data-act]");
    if (step) this.#step(Number(step.dataset.step));
    else if (button) this.#act(button);
    else if (target === this.#picture) this.#zoom(!this.#isZoomed);
    else if (target.matches(".viewer__stage") && !this.#isZoomed) this.dialog.close();
  }

  #act(button) {
    const { act } = button.dataset;
    if (act === "zoom") this.#zoom(!this.#isZoomed);
    else if (act === "copy") this.#copy(button);
    else if (act === "use") this.#use(button);
    else this.dialog.close();
  }

  get #isZoomed() {
    return "zoomed" in this.dialog.dataset;
  }

  /** Twice as wide as the window, to be moved about in. */
  #zoom(isZoomed) {
    this.dialog.toggleAttribute("data-zoomed", isZoomed);
    this.querySelector("[data-act=zoom]").ariaPressed = String(isZoomed);
  }

  /** As PNG, the one kind that all clipboards take. */
  async #copy(button) {
    const { naturalWidth: width, naturalHeight: height } = this.#picture;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(this.#picture, 0, 0);
    const drawn = new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject()), "image/png"));
    const copied = async () => navigator.clipboard.write([new ClipboardItem({ "image/png": drawn })]);
    const isCopied = await copied().then(() => true, () => false);
    tellAt(button, phrase(isCopied ? "copied" : "copy-failed"));
  }

  /** The next message gets a copy: it may be another person's picture. */
  async #use(button) {
    const { href, firstElementChild } = this.#links[this.#place];
    const blob = await fetch(href).then((answer) => (answer.ok ? answer.blob() : null), () => null);
    if (!blob) return tellAt(button, phrase("part.lost"));
    this.dialog.close();
    const detail = new File([blob], firstElementChild.alt || "image.png", { type: blob.type });
    document.dispatchEvent(new CustomEvent("picture-taken", { detail }));
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

/** Opens the page's viewer. */
export function open(link, links) {
  const viewer = document.querySelector("picture-viewer") ?? document.body.appendChild(clone("picture-viewer-template"));
  viewer.open(link, links);
}
