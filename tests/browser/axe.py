"""Pages are checked for accessibility by axe-core, which a package of the tests brings."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from playwright.sync_api import Page

GRAVE = {"serious", "critical"}
ATTEMPTS = 3
# Once in some hundred runs axe's own promise is never settled, and an evaluation waits without a limit.
_RUN = """async (rules) => {
  const chosen = rules.length ? { runOnly: rules } : {};
  const late = new Promise((done) => setTimeout(done, 10_000));
  const options = { resultTypes: ["violations"], preload: false, ...chosen };
  const found = await Promise.race([axe.run(document, options), late]);
  if (!found) return null;
  const { violations } = found;
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, html, any }) => ({ id, impact, at: target.join(" "), html, why: any[0]?.message ?? "" })));
}"""


@cache
def _source() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def grave_faults(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """Return a line for each serious fault of the page as it is now, by these rules of axe or by all."""
    found = None
    for _ in range(ATTEMPTS):
        if not page.evaluate("typeof axe === 'object'"):
            page.evaluate(_source())
        found = page.evaluate(_RUN, list(rules))
        if found is not None:
            break
        page.evaluate("delete window.axe")
    assert found is not None, "axe does not answer"
    return [f"{one['id']}: {one['at']} {one['why']} {one['html'][:160]}" for one in found if one["impact"] in GRAVE]
