/** What of a thread stays in sight: its end, for as long as its reader is there, or one element of it. */

import { whenReleased } from "../helpers/pressing.js";

/** Pixels from the end at which it counts as reached: places are fractions on some screens. */
const REACHED = 2;

export class ScrollAnchor {
  #box;
  #thread;
  #latest;
  #lastTop = 0;
  #lastEnd = 0;
  #finger = 0;

  /** In a box that scrolls a thread, with a button that leads back to the end. */
  constructor(box, thread, latest) {
    [this.#box, this.#thread, this.#latest] = [box, thread, latest];
    this.#isFollowing = true;
    const passive = { passive: true };
    box.addEventListener("scroll", () => this.#scrolled(), passive);
    box.addEventListener("wheel", ({ deltaY, target }) => deltaY < 0 && this.#leave(target), passive);
    box.addEventListener("touchstart", ({ touches }) => (this.#finger = touches[0].clientY), passive);
    box.addEventListener("touchmove", ({ touches, target }) => this.#pull(touches[0].clientY, target), passive);
    box.addEventListener("pointerdown", () => this.#keepHeight());
    latest.addEventListener("click", () => this.toEnd());
    const sizes = new ResizeObserver(() => this.follow());
    sizes.observe(thread);
    sizes.observe(box);
  }

  /** Whether the reader is at the end: follows it, or has all in sight. */
  get isAtEnd() {
    return this.#isFollowing || this.#end <= 0;
  }

  /**
   * Goes to the end with a reader who is there. Called as soon as messages came or went: a browser moves up what got
   * shorter when something asks for sizes, and once more has come that looks like a move of the reader's.
   */
  follow() {
    if (this.#isFollowing) whenReleased(this.#keepUp);
    else this.#latest.hidden = this.isAtEnd;
  }

  #keepUp = () => {
    if (this.#isFollowing) this.#jump();
  };

  toEnd() {
    this.#freeHeight();
    this.#isFollowing = true;
    this.#jump();
  }

  /** Keeps an element where it was in sight; `top` is where that is. */
  keepInPlace(element, top, frames = 2) {
    if (!element.isConnected) return;
    this.#freeHeight();
    this.#isFollowing = false;
    this.#box.scrollTop += element.getBoundingClientRect().top - top;
    this.#note();
    if (frames) requestAnimationFrame(() => this.keepInPlace(element, top, frames - 1)); // Buttons near by are made meanwhile.
  }

  /** Changes something in sight so that this element stays where it is. */
  hold(element, change) {
    this.#freeHeight();
    const { top } = element.getBoundingClientRect();
    change();
    this.#box.scrollTop += element.getBoundingClientRect().top - top;
    this.#isFollowing = this.#end - this.#box.scrollTop <= REACHED;
    this.#note();
  }

  /** While a pointer is down the end does not come up: what gets shorter would move all that is in sight. */
  #keepHeight() {
    this.#thread.style.minBlockSize = `${this.#thread.getBoundingClientRect().height}px`;
    whenReleased(this.#freeHeight);
  }

  #freeHeight = () => {
    this.#thread.style.minBlockSize = "";
  };

  /** Only a reader who moves up stops following, and only one who comes to the end starts it again. */
  #scrolled() {
    const { scrollTop } = this.#box;
    const end = this.#end;
    // What got shorter, or a taller box, moves it, too, but not far: a key or a link that leads up makes sizes known as well.
    const isMovedByLayout = end < this.#lastEnd && end - scrollTop < this.#box.clientHeight / 2;
    if (scrollTop < this.#lastTop && !isMovedByLayout) this.#isFollowing = false;
    else if (scrollTop > this.#lastTop && end - scrollTop <= REACHED) this.#isFollowing = true;
    this.#note();
  }

  /** A wheel or a finger moves up what is under it; its first pixels must not lose against the next word. */
  #leave(target) {
    if (this.#end <= 0 || !this.#box.scrollTop || this.#movesWithin(target)) return;
    this.#isFollowing = false;
    this.#note();
  }

  #pull(y, target) {
    if (y > this.#finger) this.#leave(target);
    this.#finger = y;
  }

  #movesWithin(target) {
    for (let element = target; element && element !== this.#box; element = element.parentElement) {
      if (element.scrollTop > 0) return true;
    }
    return false;
  }

  get #isFollowing() {
    return "following" in this.#box.dataset;
  }

  set #isFollowing(isFollowing) {
    this.#box.toggleAttribute("data-following", isFollowing);
  }

  get #end() {
    return this.#box.scrollHeight - this.#box.clientHeight;
  }

  #note() {
    this.#lastTop = this.#box.scrollTop;
    this.#lastEnd = this.#end;
    this.#latest.hidden = this.isAtEnd;
  }

  #jump() {
    if (!this.#thread.childElementCount) return; // What stands here before the first message is read from its beginning.
    this.#box.scrollTop = this.#box.scrollHeight;
    this.#note();
  }
}
