"""Text that a page has rendered on request: how much one person may send, and what the worst of it comes back as."""

import pytest
from django.test import Client

from conversations.accounts import rate_limits
from conversations.markdown import growing
from tests.conftest import Cast
from tests.conversations.harmless import assert_harmless
from tests.conversations.test_teams import enter
from tests.hostile_texts import HOSTILE

pytestmark = pytest.mark.usefixtures("static_files")

PLACE = "/markdown/"
WORST = ["scala", "maths", "nesting", "folds", "tags", "footnotes"]
"""Names of hostile texts; all of them are tried where replies are rendered."""


@pytest.fixture(autouse=True)
def minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no minute pass, and begin without counts."""
    monkeypatch.setattr(rate_limits, "_shown", rate_limits._Minute())
    monkeypatch.setattr(rate_limits, "_minute", lambda: 1)


def test_a_person_has_so_many_texts_rendered_a_minute(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MAX_RENDERINGS", 2)
    alice, bob = enter(cast.alice), enter(cast.bob)
    assert [alice.post(PLACE, {"text": "*a*"}).status_code for _ in range(3)] == [200, 200, 429]
    assert bob.post(PLACE, {"text": "*a*"}).status_code == 200, "others are not held up by it"


def test_a_text_that_takes_long_is_charged_and_comes_back_as_it_was_written(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "MAX_RENDERING_SECONDS", 0.4)
    monkeypatch.setattr(growing.Question, "seconds", property(lambda _: 0.2))
    monkeypatch.setattr(growing.child, "_asked", _too_long)
    alice = enter(cast.alice)
    answer = alice.post(PLACE, {"text": "*a* <b>", "ended": ""})
    assert answer.json() == {"done": '<p class="plain-text">*a* &lt;b&gt;</p>\n', "live": "", "end": 7}
    assert [alice.post(PLACE, {"text": "*a*"}).status_code for _ in range(3)] == [200, 200, 429]


def _too_long(_: object) -> None:
    raise growing.OverBudget


def test_the_worst_texts_come_back_harmless(cast: Cast) -> None:
    alice = enter(cast.alice)
    texts = [HOSTILE[name](1_000) for name in WORST]
    for text in [*texts, "\0*a*", "<script>alert(1)</script>", '[a](javascript:x) <b onclick="x">', "a\u2028\u202e"]:
        piece = alice.post(PLACE, {"text": text}).json()
        assert piece["end"] <= len(text.encode("utf-16-le")) // 2
        assert_harmless(piece["done"] + piece["live"])


def test_long_texts_other_methods_and_foreign_pages_are_refused(cast: Cast) -> None:
    alice = enter(cast.alice)
    assert alice.post(PLACE, {"text": "a" * 100_001}).status_code == 413
    assert alice.get(PLACE, {"text": "*a*"}).status_code == 405
    foreign = Client(enforce_csrf_checks=True)
    foreign.force_login(cast.alice)
    assert foreign.post(PLACE, {"text": "*a*"}).status_code == 403
