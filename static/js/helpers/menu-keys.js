/** Arrow keys in a menu: they go through what can be chosen, round and round. */

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** Moves the focus among the items of this menu that are in sight. */
export function stepThrough(menu, event) {
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...menu.querySelectorAll("button, a")].filter((item) => item.checkVisibility());
  items.at((items.indexOf(document.activeElement) + step) % items.length).focus();
}
