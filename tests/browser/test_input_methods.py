"""Enter that belongs to an input method does nothing, at any field of any page that takes words.

The fields are found, not listed: in three states of the chat page and, with --soak, in every state of it and on every
page of the table of access.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from providers.models import Endpoint
from tests.authorisation.roles import R
from tests.authorisation.world import World
from tests.browser import states
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.places import Place, enter, places

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
NO_WORDS = "hidden|checkbox|radio|file|submit|button|range|color|date|number"
_FIELD = re.compile(rf'<(?:textarea|input(?![^>]*type="(?:{NO_WORDS})"))[^>]*>')
_NAME = re.compile(r'\sname="(\w+)"')
_OUTSIDE_THE_CHAT = {"preset", "key", "models", "base_url", "username", "password", "name"}
"""Fields of the card by which a site gets its first vendor, and of the set-up: forms without scripts of their own."""

# How Enter, which takes the letters of Pinyin as they are, reaches a page: isComposing, keyCode and key of each event.
# Source: what the browsers send; see also https://www.w3.org/TR/uievents/#events-composition-key-events.
CHROMIUM = [["keydown", True, 229, "Enter"], ["compositionend"], ["keyup", False, 13, "Enter"]]
FIREFOX = [["keydown", True, 229, "Process"], ["keydown", True, 229, "Enter"], ["compositionend"],
           ["keyup", False, 13, "Enter"]]  # fmt: skip
SAFARI = [["compositionend"], ["keydown", False, 229, "Enter"], ["keyup", False, 13, "Enter"]]
OLD_SAFARI = [["compositionend"], ["keydown", False, 13, "Enter"], ["keyup", False, 13, "Enter"]]
PLAIN = [["keydown", False, 13, "Enter"], ["keyup", False, 13, "Enter"]]
SEQUENCES = (CHROMIUM, FIREFOX, SAFARI, OLD_SAFARI)
# Nothing else runs between the keys and the look at what they did.
PRESS = """(field, sequences) => {
  const noted = [];
  const note = (name) => (...given) => noted.push(name) && Promise.resolve(new Response("{}"));
  const observer = new MutationObserver(() => {});
  const submitted = (event) => noted.push("submit") && event.preventDefault();
  const calls = [[window, "fetch"], [WebSocket.prototype, "send"], [XMLHttpRequest.prototype, "send"],
    [HTMLFormElement.prototype, "submit"], [HTMLFormElement.prototype, "requestSubmit"]];
  const kept = calls.map(([owner, name]) => owner[name]);
  field.focus();
  field.value = "ni";
  field.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true, data: "ni" }));
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  addEventListener("submit", submitted, true);
  calls.forEach(([owner, name]) => (owner[name] = note(name)));
  for (const sequence of sequences) {
    field.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
    for (const [type, isComposing, keyCode, key] of sequence) {
      const init = { bubbles: true, cancelable: true, key, code: "Enter", isComposing, keyCode, which: keyCode };
      const event = key ? new KeyboardEvent(type, init) : new CompositionEvent(type, { bubbles: true, data: "ni" });
      field.dispatchEvent(event);
    }
  }
  for (const { type, target, attributeName } of observer.takeRecords()) {
    if (target.closest?.(".selector")) continue; // Lists of the administration narrow to what is typed.
    noted.push(`${type} ${attributeName ?? ""} of ${target.localName ?? target.nodeName}.${target.className ?? ""}`);
  }
  calls.forEach(([owner, name], place) => (owner[name] = kept[place]));
  removeEventListener("submit", submitted, true);
  if (field.value !== "ni") noted.push(`the field says ${field.value}`);
  if (document.activeElement !== field) noted.push("the focus went");
  field.value = "";
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  return noted;
}"""
FIELDS = f"""() => [...document.querySelectorAll("input, textarea, [contenteditable]")]
  .filter((field) => !/^({NO_WORDS})$/.test(field.type) && !field.disabled && !field.readOnly)
  .filter((field) => field.checkVisibility())
  .map((field) => [field.name || field.id || field.className, field])
  .map(([name, field], place) => (field.dataset.tried = place) + " " + name)"""


def test_enter_of_an_input_method_does_nothing_at_any_field(world: World, visit: Visit, soak: bool) -> None:
    thread = f"/conversations/{states.furnish(world.people['owner'], None).pk}/"
    owner = enter(visit, world, R.OWNER, viewport={"width": 1400, "height": 900})
    tried: set[str] = set()
    wrong = [
        problem
        for state in (states.ON_THREAD if soak else (states.end, states.parameters, states.edit))
        for problem in problems(at(owner, thread, state).page, tried)
    ]
    visitors = {R.OWNER: owner}
    for place in with_fields(world) if soak else ():
        visitor = visitors.get(place.role) or visitors.setdefault(place.role, enter(visit, world, place.role))
        if place.after:
            visitor.open(place.after)
        wrong += [f"{place.path}: {problem}" for problem in problems(visitor.open(place.path).page, set())]
    assert wrong == []
    untried = named_in_templates() - tried - _OUTSIDE_THE_CHAT if soak else set()
    assert untried == set(), "fields in no state of tests/browser/states.py"
    owner.open(thread).text.fill("ni")
    assert "requestSubmit" in owner.text.evaluate(PRESS, [PLAIN]), "nothing would be noticed"


def at(chat: ChatPage, path: str, state: states.State) -> ChatPage:
    chat.open(path)
    states.nothing(chat)
    state(chat)
    return chat


def problems(page: Page, tried: set[str]) -> Iterator[str]:
    """Press the keys in each field that is in sight and was not tried before."""
    for number, name in (field.split(" ", 1) for field in page.evaluate(FIELDS)):
        if name not in tried:
            tried.add(name)
            noticed = page.locator(f"[data-tried='{number}']").first.evaluate(PRESS, list(SEQUENCES))
            if noticed:
                yield f"{name}: {noticed}"


def with_fields(world: World) -> Iterator[Place]:
    """Yield the pages besides the chat that have fields for words."""
    return (place for place in places(world) if 'id="chat"' not in place.html and _FIELD.search(place.html))


def named_in_templates() -> set[str]:
    """Return the names of the fields that the chat's own templates hold."""
    sources = [path.read_text(encoding="utf-8") for path in TEMPLATES.glob("_*.html")]
    sources += [path.read_text(encoding="utf-8") for path in (TEMPLATES / "parameters").glob("*.html")]
    found = (_NAME.search(tag) for source in sources for tag in _FIELD.findall(source))
    return {name[1] for name in found if name}


@pytest.fixture(autouse=True)
def _no_help_from_the_vendor(world: World) -> None:
    Endpoint.objects.update(base_url="http://127.0.0.1:9/v1")
