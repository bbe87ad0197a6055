/** What of a thread stays in sight: its end, for as long as its reader is there, or one element of it. */

const NEAR = 60;

export class ScrollAnchor {
  #box;
  #thread;
  #latest;
  #isFollowing = true;
  #lastTop = 0;

  /** In a box that scrolls a thread, with a button that leads back to the end. */
  constructor(box, thread, latest) {
    [this.#box, this.#thread, this.#latest] = [box, thread, latest];
    box.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    latest.addEventListener("click", () => this.toEnd());
    const sizes = new ResizeObserver(() => this.#isFollowing && this.#jump());
    sizes.observe(thread);
    sizes.observe(box);
  }

  toEnd() {
    this.#isFollowing = true;
    this.#jump();
  }

  /** Keeps an element where it was in sight; `top` is where that is. */
  keepInPlace(element, top, frames = 2) {
    if (!element.isConnected) return;
    this.#isFollowing = false;
    this.#box.scrollTop += element.getBoundingClientRect().top - top;
    this.#lastTop = this.#box.scrollTop;
    if (frames) requestAnimationFrame(() => this.keepInPlace(element, top, frames - 1)); // Buttons near by are made meanwhile.
  }

  /** Only a reader who scrolls up stops following: growth and our own jumps also move the end away for a moment. */
  #scrolled() {
    const { scrollHeight, clientHeight, scrollTop } = this.#box;
    if (scrollHeight - clientHeight - scrollTop < NEAR) this.#isFollowing = true;
    else if (scrollTop < this.#lastTop) this.#isFollowing = false;
    this.#lastTop = scrollTop;
    this.#latest.hidden = this.#isFollowing;
  }

  #jump() {
    if (!this.#thread.childElementCount) return; // What stands here before the first message is read from its beginning.
    this.#box.scrollTop = this.#box.scrollHeight;
    this.#lastTop = this.#box.scrollTop;
    this.#latest.hidden = true;
  }
}
