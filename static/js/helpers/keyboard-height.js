/** The height that a phone's keyboard leaves: Safari lays it over the page, and tells of it by its visual viewport alone. */

export function leaveRoomForKeyboard() {
  const view = window.visualViewport;
  view?.addEventListener("resize", () => {
    if (view.scale !== 1) return; // Somebody looks closer.
    document.documentElement.style.setProperty("--height", `${view.height}px`);
    if (view.offsetTop) scrollTo(0, 0); // It has moved the page up, to a field that is in sight now.
  });
}
