"""What tests run inside the page."""

NOTE_CLOSE_CODES = """
const Real = WebSocket;
const codes = () => JSON.parse(sessionStorage.getItem("close-codes") ?? "[]");
window.WebSocket = class extends Real {
  constructor(...address) {
    super(...address);
    this.addEventListener("close", ({ code }) => sessionStorage.setItem("close-codes", JSON.stringify([...codes(), code])));
  }
};
"""
CLOSE_CODES = """() => JSON.parse(sessionStorage.getItem("close-codes") ?? "[]")"""

PRESS = """(box, fields) =>
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...fields }))"""
END_COMPOSITION_AND_PRESS = """(box) => {
  box.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "你" }));
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  box.dispatchEvent(new KeyboardEvent("keyup", { key: "Enter", bubbles: true }));
}"""
FOCUSED = """() => {
  const { activeElement: element } = document;
  return element.name || element.id || element.className.split(" ")[0] || element.localName;
}"""
WIDE_ELEMENTS = """() => [...document.querySelectorAll("body *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !element.closest("pre, .table-scroll, .math-block"))
  .map((element) => `${element.localName}.${element.className}`)"""
ACTIVE_MARKUP = """() => [...document.querySelectorAll(".chat *, .sidebar *")].filter((element) =>
  ["script", "iframe", "object", "embed", "base", "meta", "link", "style", "img", "video", "audio"].includes(element.localName) ||
  [...element.attributes].some(({ name, value }) => name.startsWith("on") || name === "style" ||
    (["href", "src", "xlink:href", "action", "formaction"].includes(name) && /^\\s*(javascript|data|vbscript):/i.test(value)))
).map((element) => element.outerHTML)"""
