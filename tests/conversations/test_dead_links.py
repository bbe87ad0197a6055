"""Links that lead nowhere: the same answer to all kinds, and one count of guesses for all together."""

import pytest
from django.test import Client
from django.urls import reverse

from conversations.accounts import rate_limits

pytestmark = pytest.mark.usefixtures("static_files", "cast")
LINKS = [reverse(name, args=["x" * 43]) for name in ("invitation", "follow-password-link", "follow-address", "shared")]
PAGES = [reverse(name) for name in ("join", "new-password")]


def test_every_dead_link_gets_the_same_answer() -> None:
    for path in (*LINKS, *PAGES):
        answer = Client().get(path)
        assert answer.status_code == 404
        assert "This link does not work" in answer.content.decode()
        assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("first", range(len(LINKS)))
def test_guesses_are_counted_together(monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    monkeypatch.setattr(rate_limits, "MAX_BAD_LINKS", len(LINKS) - 1)
    monkeypatch.setattr(rate_limits, "_minute", lambda: 1)
    answers = [Client().get(path) for path in (*LINKS[first:], *LINKS[:first])]
    assert [answer.status_code for answer in answers] == [404] * (len(LINKS) - 1) + [429]
    assert "Too many tries" in answers[-1].content.decode()


def test_a_dead_link_leaves_no_earlier_one_in_the_session() -> None:
    visitor = Client()
    for key, path in zip(("invitation", "password-link", "address"), LINKS, strict=False):
        session = visitor.session
        session[key] = "of an earlier link"
        session.save()
        assert visitor.get(path).status_code == 404
        assert key not in visitor.session
