"""A question that a vendor refuses, or a page on the way, takes no key, model or endpoint from anybody else."""

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from conversations.models import UsageRecord, User
from conversations.usage import key_probes
from providers.endpoints.detection import QUESTION
from providers.models import ApiKey, HealthEvent, LanguageModel, Trouble
from tests.conftest import Cast
from tests.conversations.paying import Connect, finished
from tests.conversations.test_engine import ask, until
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import Received, Step, default_reply, history

JSON = {"Content-Type": "application/json"}
FLAGGED = "the merger with Initech"


def refusal(status: int, message: str, **more: str) -> Sequence[Step]:
    return [status, JSON, json.dumps({"error": {"message": message, **more}}).encode()]


REFUSALS: dict[str, tuple[Sequence[Step], set[str]]] = {
    "403, flagged": (refusal(403, f"You may not ask about {FLAGGED}"), {"key_refused", "blocked"}),
    "400, content rules": (refusal(400, f"Blocked: {FLAGGED}", code="content_filter"), {"blocked"}),
    "500 of the request": (refusal(500, "image input is not supported", type="server_error"), {"bad_request"}),
    "context too long": (refusal(400, "Too long", code="context_length_exceeded"), {"context_too_long"}),
    "403, not this model": (
        refusal(403, f"Project {FLAGGED} does not have access to model `parrot`", code="model_not_found"),
        {"key_refused", "model_not_found"},
    ),
    "404, no model for this": (refusal(404, f"Nothing found for {FLAGGED}"), {"model_not_found"}),
}
"""The vendor's answers to one question, and the codes that its author may be told."""


@pytest.mark.usefixtures("any_number_of_conversations")
def test_ten_people_with_one_flagged_question_each_take_nothing_from_each_other(
    cast: Cast,
    model: LanguageModel,
    vendor: FakeVendor,
    connect: Connect,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_probes, "_asked", {})
    others = 9 if request.config.getoption("--soak") else 2
    refused: list[Sequence[Step]] = []
    vendor.script = lambda call: refused[-1] if FLAGGED in history(call)[-1] else default_reply(call)
    people = [User.objects.create(username=f"person{number}", language="en") for number in range(10)]
    sockets = [connect(person) for person in people]
    for turn, (answer, codes) in zip(range(len(sockets)), itertools.cycle(REFUSALS.values()), strict=False):
        refused.append(answer)
        author, *rest = sockets[turn:] + sockets[:turn]
        ask(author, model, f"What of {FLAGGED}?")
        for one in rest[:others]:  # while the refused one is under way, and behind it
            assert_is_answered(one, model)
        told = finished(author)["error"]
        assert told["code"] in codes, told
        assert_is_answered(rest[0], model)
        key_probes._asked.clear()
    until(lambda: not key_probes._calls._work_queue.qsize())
    assert not Trouble.objects.exists()
    assert not HealthEvent.objects.exists()
    assert not UsageRecord.objects.filter(user=None).exclude(outcome="complete").exists()
    shown = json.dumps([socket.frames for socket in sockets])
    assert "message.waiting" not in shown


def assert_is_answered(socket: Socket, model: LanguageModel) -> None:
    ask(socket, model)
    message = finished(socket)
    assert (message["status"], message["error"]) == ("complete", None)


PAGES: tuple[Sequence[Step], ...] = (
    [403, {"Content-Type": "text/html"}, b"<!DOCTYPE html><title>Attention Required! | Cloudflare</title>"],
    [200, {"Content-Type": "text/plain"}, b"error code: 524"],
    [200, JSON, b"null"],
    [503, {"Content-Type": "text/html"}, b"<!DOCTYPE html><title>Just a moment...</title>"],
    [403, {"Content-Type": "text/plain"}, b"error code: 1010"],
    [200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><title>Just a moment...</title>"],
    [200, {"Content-Type": "text/event-stream"}, b"<!DOCTYPE html><title>x | 520: unknown error</title>"],
    [520, {"Content-Type": "text/html"}, b"<!DOCTYPE html><title>x | 520: unknown error</title>"],
    [200, JSON, b"true"],
    [200, JSON, b"42"],
)


MET: dict[str, int] = {"Hi, 0 of alice": 1, "Hi, 2 of bob": 2, "Hi, 4 of carol": 3}
"""The pages that each of these questions meets, one after the other; a message makes three attempts."""


@pytest.mark.usefixtures("any_number_of_conversations")
def test_each_message_that_meets_pages_is_answered_or_fails_by_itself_and_no_key_rests(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_probes, "_asked", {})
    pages, lock = itertools.cycle(PAGES), threading.Lock()
    left = Counter({**MET, QUESTION: 1})

    def answer(call: Received) -> Sequence[Step]:
        with lock:
            (question,) = history(call)
            left[question] -= 1
            return next(pages) if left[question] >= 0 else default_reply(call)

    vendor.script = answer

    def chat(socket: Socket, name: str) -> dict[str, str]:
        ends = {}
        for number in range(6):
            ask(socket, model, question := f"Hi, {number} of {name}")
            ends[question] = finished(socket)["status"]
        return ends

    people = {"alice": cast.alice, "bob": cast.bob, "carol": cast.carol}
    with ThreadPoolExecutor(len(people)) as threads:
        parts = threads.map(chat, [connect(person) for person in people.values()], people)
        ends = {question: end for part in parts for question, end in part.items()}
    assert {question for question, end in ends.items() if end != "complete"} == {"Hi, 4 of carol"}
    assert Counter(history(call)[0] for call in vendor.requests) == {
        **{question: min(MET.get(question, 0) + 1, 3) for question in ends},
        QUESTION: 1,
    }
    until(lambda: UsageRecord.objects.filter(user=None).count() == 1)
    assert_that_no_key_rested()


@pytest.mark.soak
@pytest.mark.usefixtures("any_number_of_conversations")
def test_a_page_one_time_in_five_for_a_minute_fails_few_messages_and_rests_no_key(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    """A message is answered, or fails by itself, within its time."""
    count, pages, lock = itertools.count(1), itertools.cycle(PAGES), threading.Lock()

    def answer(call: Received) -> Sequence[Step]:
        with lock:
            return default_reply(call) if next(count) % 5 else next(pages)

    vendor.script = answer
    ends: Counter[str] = Counter()
    longest: list[float] = []
    over = time.monotonic() + 60

    def chat(socket: Socket) -> None:
        while time.monotonic() < over:
            begun = time.monotonic()
            ask(socket, model)
            ends[finished(socket)["status"]] += 1
            longest.append(time.monotonic() - begun)

    sockets = [connect(person) for person in (cast.alice, cast.bob, cast.carol)]
    with ThreadPoolExecutor(len(sockets)) as threads:
        list(threads.map(chat, sockets))
    until(lambda: not key_probes._calls._work_queue.qsize())
    print(dict(ends), f"longest {max(longest):.1f} s, calls {len(vendor.requests)}")
    assert ends.total() == len(longest)
    assert ends["complete"] >= 0.95 * ends.total()
    assert max(longest) < 10
    assert_that_no_key_rested()


def assert_that_no_key_rested() -> None:
    subjects = {
        *Trouble.objects.values_list("subject", flat=True),
        *HealthEvent.objects.values_list("subject", flat=True),
    }
    assert ApiKey.objects.get().pk not in subjects
