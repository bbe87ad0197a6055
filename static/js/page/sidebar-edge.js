/** The sidebar's border: drawn with the pointer, moved with the arrow keys; a double click gives it its usual place. */

import { rememberWidth } from "../helpers/sidebar-cookie.js";

const USUAL = 17; // rem
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageDown: -4, PageUp: 4, Home: -Infinity, End: Infinity };

export class SidebarEdge {
  #edge = document.querySelector(".edge");

  listen() {
    const edge = this.#edge;
    edge.addEventListener("keydown", (event) => this.#keyDown(event));
    edge.addEventListener("pointerdown", (event) => this.#drawn(event, true));
    edge.addEventListener("pointermove", ({ clientX }) => "drawn" in edge.dataset && this.#set(clientX / rem()));
    for (const end of ["pointerup", "pointercancel"]) edge.addEventListener(end, (event) => this.#drawn(event, false));
    edge.addEventListener("dblclick", () => this.#set(USUAL));
  }

  #keyDown(event) {
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#set(Number(this.#edge.ariaValueNow) + step);
  }

  #drawn(event, isDrawn) {
    if (event.button > 0) return;
    this.#edge.toggleAttribute("data-drawn", isDrawn);
    if (!isDrawn) return;
    event.preventDefault(); // No text is selected on the way.
    this.#edge.setPointerCapture(event.pointerId);
    this.#edge.focus({ focusVisible: false });
  }

  /** To the nearest width for which the style sheet has a rule. */
  #set(width) {
    const { ariaValueMin, ariaValueMax } = this.#edge;
    const nearest = Math.round(Math.min(Math.max(width, ariaValueMin), ariaValueMax));
    this.#edge.ariaValueNow = this.#edge.closest(".app").dataset.width = nearest;
    rememberWidth(nearest);
  }
}

const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
