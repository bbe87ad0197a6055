"""The table of blame against its page in CONTRIBUTING, and against what the pool does with each error."""

import inspect
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from providers import errors
from providers.client.route import Route
from providers.errors import QuotaExhausted, RateLimited, VendorError
from providers.models import ApiKey, HealthEvent, LanguageModel, Trouble
from providers.pool import blame, cooldown
from providers.pool.blame import RULES, Rests, Rule, Subject
from providers.reading.reader import Reading
from providers.text import KeyMask
from providers.wires.registry import WIRES
from tests.clock import Clock
from tests.providers.searching import endpoint, model, search, seconds_cooling, taken

__all__ = ["model"]

PAGE = Path(__file__).parents[2] / "CONTRIBUTING.md"
KINDS = [kind for _name, kind in inspect.getmembers(errors, inspect.isclass) if kind.__base__ is not Exception]
KINDS = [kind for kind in KINDS if issubclass(kind, VendorError)]
MARKS = [(False, False), (True, False), (False, True), (True, True)]
CANARY = "canary-in-a-quote"
OF_KEYS = (Subject.KEY, Subject.PAIR)


def marked(kind: type[VendorError], is_doubtful: bool, is_page: bool) -> VendorError:
    return kind(CANARY).doubted(is_doubtful, is_page)


def rows_of_the_page() -> dict[str, list[str]]:
    """Return the cells of the page's table by the name of the error."""
    section = PAGE.read_text(encoding="utf-8").split("\n## Blame\n")[1].split("\n## ")[0]
    lines = [line.strip("| \n").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return {cells[0].strip("`"): [cell.strip() for cell in cells[1:]] for cells in lines}


def row_of(kind: type[VendorError]) -> list[str]:
    """Return the cells that the page must have for this error."""
    rule = RULES[kind]
    rests = rule.rests is not Rests.NEVER
    then = "any route, after a pause" if rule.may_pass else "another route" if rule.has_other_route else "none"
    return [
        f"`{kind.code}`",
        (rule.subject.value if rests else "nothing") + "; the key, where a second model meets it too" * rule.widens,
        f"{written(rule.first)} – {written(rule.longest)}" if rests else "",
        rule.rests.value if rests else "",
        then,
        rule.counts.value,
        "the vendor's" if rule.keeps_quote else "ours",
    ]


def written(seconds: float) -> str:
    unit, size = ("h", 3600) if seconds >= 3600 else ("min", 60) if seconds >= 60 else ("s", 1)
    return f"{seconds / size:g} {unit}"


def test_every_error_has_a_row_of_its_own() -> None:
    assert set(RULES) == set(KINDS)
    assert len(KINDS) > 20


def test_the_page_says_what_the_table_says() -> None:
    assert rows_of_the_page() == {kind.__name__: row_of(kind) for kind in RULES}


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_limit_is_the_models_that_it_names(kind: type[VendorError]) -> None:
    error, plain = kind(CANARY), blame.rule_of(kind(CANARY))
    error.names_model = True
    is_limit = isinstance(error, RateLimited | QuotaExhausted)
    assert blame.rule_of(error) == (replace(plain, subject=Subject.PAIR, widens=False) if is_limit else plain)


@pytest.mark.parametrize("kind", KINDS)
def test_marks_only_lessen_the_blame(kind: type[VendorError]) -> None:
    plain = blame.rule_of(marked(kind, False, False))
    assert plain == RULES[kind]
    for is_doubtful, is_page in MARKS[1:]:
        rule = blame.rule_of(marked(kind, is_doubtful, is_page))
        rests_key = (rule.subject is Subject.KEY or rule.widens) and rule.rests is not Rests.NEVER
        assert not rests_key, "neither rests a key"
        assert rule.has_other_route == plain.has_other_route
        assert rule.first <= plain.first
        assert rule.longest <= plain.longest
        if is_doubtful:
            assert rule.rests is not Rests.AT_ONCE
            assert CANARY not in blame.kept_text(marked(kind, is_doubtful, is_page))
        if is_page and rule.subject in OF_KEYS:
            assert rule.rests is not Rests.AT_ONCE, "a page alone proves nothing about a key"


BARE: dict[str, tuple[bytes, str]] = {
    "null": (b"null", ""),
    "true": (b"true\n", "true"),
    "a number": (b"42", "42"),
    "a text": (b'"Bad gateway"', '"Bad gateway"'),
    "nginx": (b"<html><head><title>502 Bad Gateway</title></head>", ""),
    "Cloudflare, cloudflare/cloudflared#1054": (b"<!DOCTYPE html><title>x | 524: A timeout occurred</title>", ""),
    "Cloudflare, a line": (b"error code: 524", "error code: 524"),
    "Cloudflare, another line": (b"\r\nerror code: 520\r\n", "error code: 520"),
    "a proxy": (b"upstream connect error or disconnect/reset before headers", "upstream connect error"),
}
"""Bodies under status 200 that no vendor's API sends, and the beginning of their words that who asked reads."""


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("name", BARE)
def test_a_bare_value_or_a_line_under_status_200_is_a_page(name: str, wire: str) -> None:
    body, quote = BARE[name]
    for cut in range(1, len(body) + 1):
        reading = Reading(WIRES[wire], KeyMask(""))
        with pytest.raises(errors.BadReply) as raised:
            assert not [*reading.feed(body[:cut]), *reading.feed(body[cut:]), *reading.end()]
        assert blame.rule_of(raised.value) == RULES[errors.PageInstead]
        assert raised.value.quote.startswith(quote)


def expected_place(rule: Rule, route: Route) -> UUID | None:
    assert route.key_id
    assert route.deployment
    return {
        Subject.KEY: route.key_id,
        Subject.PAIR: cooldown.pair_of(route.key_id, route.deployment),
        Subject.DEPLOYMENT: route.deployment,
        Subject.ENDPOINT: route.endpoint,
        Subject.NOBODY: None,
    }[rule.subject]


@pytest.mark.django_db(transaction=True)
def test_the_pool_does_what_the_table_says(model: LanguageModel, clock: Clock) -> None:
    """Every class, doubtful or not, on a page or not: the rest, its time, the next route, and the words."""
    endpoint(model, "a", 2)
    endpoint(model, "b", priority=2)
    for kind in KINDS:
        for marks in MARKS:
            Trouble.objects.all().delete()
            HealthEvent.objects.all().delete()
            looking, error = search(model), marked(kind, *marks)
            route, rule = taken(looking), blame.rule_of(error)
            goes_on = looking.failed(route, error)
            looking.release()
            about = (kind.__name__, marks)
            assert goes_on == (rule.subject is not Subject.NOBODY), about
            if goes_on:
                step = taken(looking)
                assert expected_place(rule, step) != expected_place(rule, route), about
            resting = list(Trouble.objects.values_list("subject", flat=True))
            place = expected_place(rule, route)
            assert resting == ([place] if rule.rests is Rests.AT_ONCE else []), about
            looking.release()
            cooldown.mark_refused_plainly(route, error, looking.holder)  # what a plain call has met with as well
            if rule.rests is Rests.NEVER:
                assert not Trouble.objects.exists(), about
                continue
            assert rule.first <= seconds_cooling(place, clock) <= 1.1 * rule.first + 0.01, about
            kept = "".join([*Trouble.objects.values_list("text", flat=True), HealthEvent.objects.get().text])
            assert (CANARY in kept) == RULES[kind].keeps_quote, about


@pytest.mark.django_db(transaction=True)
def test_without_a_key_the_model_or_the_endpoint_rests(model: LanguageModel) -> None:
    keyless = endpoint(model, "a", 0)
    route = taken(search(model))
    assert not ApiKey.objects.exists()
    for subject, place in {
        Subject.KEY: keyless.pk,
        Subject.PAIR: route.deployment,
        Subject.DEPLOYMENT: route.deployment,
        Subject.ENDPOINT: keyless.pk,
        Subject.NOBODY: None,
    }.items():
        assert cooldown.place_of(subject, route) == place
