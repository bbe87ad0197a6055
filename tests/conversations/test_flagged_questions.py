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
    [503, {"Content-Type": "text/html"}, b"<!DOCTYPE html><title>Just a moment...</title>"],
    [403, {"Content-Type": "text/plain"}, b"error code: 1010"],
    [200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><title>Just a moment...</title>"],
)


@pytest.mark.usefixtures("any_number_of_conversations")
def test_a_page_one_time_in_five_fails_few_messages_and_rests_no_key(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, request: pytest.FixtureRequest
) -> None:
    """With --soak for a minute; a message is answered, or fails by itself, within its time."""
    is_long = request.config.getoption("--soak")
    count, pages, lock = itertools.count(1), itertools.cycle(PAGES), threading.Lock()

    def answer(call: Received) -> Sequence[Step]:
        with lock:
            return default_reply(call) if next(count) % 5 else next(pages)

    vendor.script = answer
    ends: Counter[str] = Counter()
    longest: list[float] = []
    over = time.monotonic() + 60

    def chat(socket: Socket) -> None:
        for number in itertools.count():
            if time.monotonic() > over if is_long else number == 6:
                return
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
    subjects = {
        *Trouble.objects.values_list("subject", flat=True),
        *HealthEvent.objects.values_list("subject", flat=True),
    }
    assert ApiKey.objects.get().pk not in subjects
