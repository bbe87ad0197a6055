/** Puts an open popover beside the button that it belongs to. */

const MARGIN = 8;

/** Below the button where there is room, else above it, and never beyond the window. */
export function placeBeside(popover, button) {
  const { left, top, bottom } = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popover;
  const isRoomBelow = bottom + height + MARGIN < innerHeight;
  popover.style.left = `${Math.max(MARGIN, Math.min(left, innerWidth - width - MARGIN))}px`;
  popover.style.top = `${Math.max(MARGIN, isRoomBelow ? bottom : top - height)}px`;
}
