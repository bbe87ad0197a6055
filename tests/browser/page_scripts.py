"""Scripts that tests run inside the page."""

NOTE_CLOSE_CODES = """
const Real = WebSocket;
const noted = () => JSON.parse(sessionStorage.getItem("close-codes") ?? "[]");
const note = ({ code }) => sessionStorage.setItem("close-codes", JSON.stringify([...noted(), code]));
window.WebSocket = class extends Real {
  constructor(...address) {
    super(...address);
    this.addEventListener("close", note);
  }
};
"""
CLOSE_CODES = """() => JSON.parse(sessionStorage.getItem("close-codes") ?? "[]")"""

KEEP_MARKS = """(() => {
  const { setTimeout } = window;
  window.setTimeout = (work, wait, ...rest) => (wait === 4_000 ? 0 : setTimeout(work, wait, ...rest));
})()"""
"""A mark of four seconds stays, so that a slow machine sees it."""

PRESS = """(box, fields) =>
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...fields }))"""
END_COMPOSITION_AND_PRESS = """(box, fields) => {
  box.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "你" }));
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...fields }));
  box.dispatchEvent(new KeyboardEvent("keyup", { key: "Enter", bubbles: true }));
}"""
FOCUSED = """() => {
  const { activeElement: element } = document;
  return element.name || element.id || element.className.split(" ").at(-1) || element.localName;
}"""
WIDE_ELEMENTS = """() => [...document.querySelectorAll("body *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .filter((element) => !element.closest("pre, .table-scroll, .math-block, .visually-hidden"))
  .map((element) => `${element.localName}.${element.className}`)"""
PLACE = "(element) => element.getBoundingClientRect().top"
SCROLL_ASIDE = """(box) => {
  box.scrollLeft = 50;
  return box.scrollLeft;
}"""
ACTIVE_MARKUP = """() => {
  const active = "script, iframe, object, embed, base, meta, link, style, img, video, audio, form form";
  const places = ["href", "src", "xlink:href", "action", "formaction"];
  const runs = ({ name, value }) => name.startsWith("on") || name === "style" ||
    (places.includes(name) && /^\\s*(javascript|data|vbscript):/i.test(value));
  return [...document.querySelectorAll(".chat *, .sidebar *")]
    .filter((element) => !element.matches(".composer script"))  // our own, with the page's nonce
    .filter((element) => element.matches(active) || [...element.attributes].some(runs))
    .map((element) => element.outerHTML);
}"""
TRY_MARKUP = """() => {
  try { document.body.insertAdjacentHTML("beforeend", "<b>x</b>"); return "done"; } catch { return "refused"; }
}"""
TRY_SCRIPT = """() => {
  const script = document.createElement("script");
  try { script.textContent = "window.__xss = 1"; } catch { return "refused"; }
  document.body.append(script);
  return "done";
}"""
HAND_OVER = """(target, [kind, files, text]) => {
  const carried = new DataTransfer();
  for (const { name, mimeType, buffer, zeros } of files) {
    const bytes = Uint8Array.from(atob(buffer), (letter) => letter.charCodeAt(0));
    carried.items.add(new File([bytes, new Uint8Array(zeros)], name, { type: mimeType }));
  }
  if (text) carried.setData("text/plain", text);
  const fields = { bubbles: true, cancelable: true };
  if (kind === "paste") return target.dispatchEvent(new ClipboardEvent(kind, { ...fields, clipboardData: carried }));
  return target.dispatchEvent(new DragEvent(kind, { ...fields, dataTransfer: carried }));
}"""

TRIES_IN_THE_AIR = """
Math.random = () => 0.99;
window.tries = [];
window.WebSocket = class extends EventTarget {
  static CONNECTING = 0;
  static OPEN = 1;
  readyState = 0;
  constructor() {
    super();
    tries.push(this);
  }
  close() {
    this.readyState = 3;
  }
  fail() {
    this.close();
    this.onclose?.({ code: 1006 });
  }
};
"""
"""Connections that stay pending as long as a test wants; the pauses between them are the longest."""

# Notes when the page's websocket is open: milliseconds after the page was asked for.
NOTE_SOCKET = """\
const Plain = WebSocket;
window.WebSocket = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener("open", () => (window.socketOpenedAt ??= performance.now()));
  }
};
"""

KEYBOARD = """(height) => {
  Object.defineProperty(visualViewport, "height", { get: () => height });
  visualViewport.dispatchEvent(new Event("resize"));
}"""
"""Lays a keyboard over the page, as Safari does on a phone: what it leaves is so high."""
