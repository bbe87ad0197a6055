/** While a pointer is down, what is under it stays there: a click counts only where it began. */

const CLICK = 50; // So much later than the pointer's release a finger's click may come.
const waiting = new Set();
let isDown = false;

addEventListener("pointerdown", () => (isDown = true), true);
addEventListener("pointerup", release, true);
addEventListener("pointercancel", release, true);
addEventListener("pointermove", ({ buttons }) => buttons || release(), true); // Nothing tells of the end of a scrollbar's drag.

/** Does what moves things in sight, at once or after the click. */
export function whenReleased(work) {
  if (isDown) waiting.add(work);
  else work();
}

function release() {
  if (!isDown) return;
  isDown = false;
  setTimeout(() => {
    const works = [...waiting];
    waiting.clear();
    works.forEach(whenReleased);
  }, CLICK);
}
