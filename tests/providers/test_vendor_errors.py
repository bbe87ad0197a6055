"""Every error of the tables is read alike on every wire: as a response, and in the middle of a reply."""

from __future__ import annotations

from collections import Counter

import pytest

from providers.errors import VendorError
from providers.reading.reader import Reading
from providers.text import KeyMask
from providers.wires.registry import WIRES
from tests.providers.dialects import DIALECTS
from tests.providers.vendor_errors import CASES
from tests.providers.vendor_errors.case import Case
from tests.vendor_replies import event

_FIRST_WORDS = {
    "image_api": lambda _: event({"type": "image_generation.partial_image"}),
    "task_api": lambda _: b"",
    "audio_api": lambda _: b"",
    **{dialect.wire: dialect.piece for dialect in DIALECTS if not dialect.start},
}

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_an_error(case: Case) -> None:
    for wire in WIRES.values():
        if case.status >= 400:
            error = wire.error(case.status, {}, case.content)
            assert (type(error), error.is_doubtful) == (case.kind, case.doubtful)
            assert error.retry_after == case.retry_after
            _check_words(case, error)
        if isinstance(case.body, dict) and case.as_event != "nothing":
            error = _error_in_a_reply(wire.NAME, case.body)
            assert type(error) is case.kind or case.as_event == "words"
            _check_words(case, error)


def _check_words(case: Case, error: VendorError) -> None:
    assert case.quote in error.quote
    assert case.unsupported in (None, error.unsupported)
    assert case.parameter in (None, error.parameter)


def _error_in_a_reply(wire: str, body: object) -> VendorError:
    """Return the error of a reply with status 200 whose second event is `body`."""
    reading = Reading(WIRES[wire], KeyMask(""))
    with pytest.raises(VendorError) as raised:
        list(reading.feed(_FIRST_WORDS[wire]("Hello") + event(body)))
    assert wire in ("image_api", "task_api", "audio_api") or reading.first_token_at is not None
    return raised.value


def test_the_tables_hold_each_case_once() -> None:
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []
    assert all(case.source for case in CASES)
