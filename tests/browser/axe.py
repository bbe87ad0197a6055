"""Pages are checked for accessibility by axe-core, which a package of the tests brings."""

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from playwright.sync_api import Page, expect

GRAVE = {"serious", "critical"}
ATTEMPTS = 3
_FOUND = re.compile(r"^\[")
_AT_REST = """async () => {
  const isAtRest = () => document.getAnimations().every(({ effect, playState }) =>
    playState !== "running" || effect.getComputedTiming().endTime === Infinity);
  // Something may begin to fade some frames after the act, when the pointer is found to be elsewhere.
  for (let frames = 0; frames < 15; frames = isAtRest() ? frames + 1 : 0) await new Promise(requestAnimationFrame);
}"""
# Once in some hundred runs axe's promise is never settled. An evaluation that waits for it would wait without a limit.
_RUN = """(rules) => {
  const chosen = rules.length ? { runOnly: rules } : {};
  const options = { resultTypes: ["violations"], preload: false, ...chosen };
  const tell = ({ violations }) => violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, html, any }) => ({ id, impact, at: target.join(" "), html, why: any[0]?.message ?? "" })));
  delete document.documentElement.dataset.axe;
  const context = { exclude: [".selector .help-tooltip"] };  // Django's own, beside fields that have their labels
  axe.run(context, options).then((found) => (document.documentElement.dataset.axe = JSON.stringify(tell(found))));
}"""


@cache
def _source() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def grave_faults(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """Return a line for each serious fault of the page at rest, by these rules of axe or by all."""
    page.evaluate(_AT_REST)  # what fades has hardly any contrast
    for attempt in range(ATTEMPTS):
        if not page.evaluate("typeof axe === 'object'"):
            page.evaluate(_source())
        page.evaluate(_RUN, list(rules))
        try:
            expect(page.locator("html")).to_have_attribute("data-axe", _FOUND)
            break
        except AssertionError:
            if attempt == ATTEMPTS - 1:
                raise
            page.evaluate("delete window.axe")
    found = json.loads(page.locator("html").get_attribute("data-axe") or "")
    return [f"{one['id']}: {one['at']} {one['why']} {one['html'][:160]}" for one in found if one["impact"] in GRAVE]
