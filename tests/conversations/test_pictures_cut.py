"""Replies of pictures that are cut: a process that dies in each phase, a stop, and what it costs."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from conversations.files import storage
from conversations.generation import recovery
from conversations.models import Budget, Conversation, File, Message, Reservation, Tally, UsageRecord
from conversations.usage import budgets
from providers.models import ApiKey, Deployment, LanguageModel
from tests.conftest import Cast, serve
from tests.conversations.paying import Connect, finished
from tests.conversations.test_engine import until
from tests.fake_vendor import FakeVendor
from tests.providers.test_pictures import JPEG, PNG, b64, linked, whole
from tests.vendor_replies import Act, Received

PICTURE = 40_000


@pytest.fixture
def easel(vendor: FakeVendor) -> Iterator[LanguageModel]:
    """Yield a model that is asked at picture endpoints, for 0.04 a picture."""
    model = serve(vendor, "openai")
    Deployment.objects.update(wire="image_api", per_picture="0.04", picture_choices="count 4")
    yield model
    for file in File.objects.all():
        file.path.unlink(missing_ok=True)


@pytest.fixture
def left_behind(cast: Cast, easel: LanguageModel) -> Callable[..., Message]:
    """Return a function that creates a reply as a killed process leaves it, with what was set aside for it."""
    Budget.objects.create(kind="person", period="day", hard="10")
    conversation = Conversation.objects.create(owner=cast.alice)
    about = {"conversation": conversation, "author": cast.alice}
    question = Message.objects.create(
        **about, role="user", text="A cat", parts=[{"kind": "text", "text": "A cat"}], revision=conversation.advance(1)
    )

    def leave(status: str, **fields: Any) -> Message:
        reply = Message.objects.create(
            **about, role="assistant", parent=question, model=easel, status=status, owner="an earlier boot",
            heartbeat=timezone.now(), revision=conversation.advance(1), **fields,
        )  # fmt: skip
        budgets.reserve(reply)
        return reply

    return leave


def ended(reply: Message) -> tuple[str, int | None, list[Any]]:
    """Return the reply's status, cost and kinds of parts, once it was ended by the next start."""
    recovery.end_replies_of_earlier_boots()
    reply.refresh_from_db()
    assert not Reservation.objects.exists()
    assert [tally.reserved for tally in Tally.objects.all()] == [0]
    return reply.status, reply.cost, [part["kind"] for part in reply.parts]


THREE = {"picture_count": 3}


def test_a_process_that_dies_before_the_vendor_is_called_costs_nothing(left_behind: Callable[..., Message]) -> None:
    assert ended(left_behind("waiting", parameters=THREE)) == ("failed", None, [])
    assert not UsageRecord.objects.exists()


def test_a_process_that_dies_while_the_vendor_draws_owes_what_was_asked_for(
    left_behind: Callable[..., Message],
) -> None:
    reply = left_behind("streaming", parameters=THREE)
    assert ended(reply) == ("failed", 3 * PICTURE, [])
    row = UsageRecord.objects.get()
    assert (row.outcome, row.estimated, row.cost) == ("server_restarted", True, 3 * PICTURE)
    assert ended(reply) == ("failed", 3 * PICTURE, [])
    assert UsageRecord.objects.count() == 1


def test_a_process_that_dies_between_two_pictures_keeps_the_first_and_owes_both(
    left_behind: Callable[..., Message],
) -> None:
    reply = left_behind("streaming", parameters={"picture_count": 2})
    file = storage.store(reply.author, "image.png", "image/png", PNG)
    storage.attach(reply, [file])
    Message.objects.filter(pk=reply.pk).update(seq=1, parts=[storage.part_of(file)])
    assert ended(reply) == ("interrupted", 2 * PICTURE, ["image"])


def test_a_picture_that_was_stored_but_not_written_into_the_reply_is_shown(left_behind: Callable[..., Message]) -> None:
    reply = left_behind("streaming")
    for name in ("one.png", "two.png"):
        storage.attach(reply, [storage.store(reply.author, name, "image/png", PNG)])
    Message.objects.filter(pk=reply.pk).update(seq=1, parts=[storage.part_of(File.objects.get(name="one.png"))])
    assert ended(reply) == ("interrupted", 2 * PICTURE, ["image", "image"])
    assert [part["name"] for part in reply.parts] == ["one.png", "two.png"]


# --- What the row says meanwhile -------------------------------------------------------------------------------------


def test_the_row_says_that_pictures_are_made_once_the_request_has_left(
    cast: Cast, easel: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.script = lambda _: [vendor.gate, *whole({"data": [{"b64_json": b64(PNG)}]})]
    alice = connect(cast.alice)
    alice.ask("message.send", conversation=None, text="A cat", models=[easel.id])
    until(lambda: Message.objects.filter(role="assistant", status="streaming", seq=0).exists())
    vendor.gate.set()
    assert finished(alice)["status"] == "complete"
    assert UsageRecord.objects.get().cost == PICTURE


def test_a_reply_that_waits_after_a_failed_call_is_not_taken_for_one_that_draws(
    cast: Cast, easel: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.script = lambda _: [429, {"Retry-After": "30"}, b'{"error": {"message": "Too many requests"}}']
    alice = connect(cast.alice)
    told = alice.ask("message.send", conversation=None, text="A cat", models=[easel.id])
    alice.event("message.waiting")
    row = Message.objects.filter(pk=told["replies"][0])
    before = row.get().heartbeat
    until(lambda: row.get().heartbeat != before)
    assert row.get().status == "waiting"
    alice.ask("reply.stop", message=told["replies"][0])
    assert finished(alice)["status"] == "stopped"
    assert not UsageRecord.objects.filter(cost__gt=0).exists()


# --- Stops and lacks -------------------------------------------------------------------------------------------------


def test_a_stop_between_two_links_keeps_the_first_and_costs_all_that_were_made(
    cast: Cast, easel: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    urls = linked(vendor, "one.png", "two.jpg", "three.jpg")

    def script(request: Received) -> Any:
        if "one.png" in request.path:
            return [PNG]
        return [JPEG[:20], Act.HOLD] if "/files/" in request.path else whole({"data": [{"url": url} for url in urls]})

    vendor.script = script
    alice = connect(cast.alice)
    about = {"text": "A cat", "models": [easel.id], "parameters": THREE}
    told = alice.ask("message.send", conversation=None, **about)
    while "two.jpg" not in vendor.next_request().path:
        pass
    begun = time.monotonic()
    alice.ask("reply.stop", message=told["replies"][0])
    reply = finished(alice)
    assert time.monotonic() - begun < 5
    assert (reply["status"], [part["kind"] for part in reply["parts"]]) == ("stopped", ["image"])
    assert UsageRecord.objects.get().cost == 3 * PICTURE
    assert File.objects.count() == 1


@pytest.mark.parametrize(("choices", "count"), [("count 4", 4), ("", 1)])
def test_more_pictures_than_a_model_makes_are_neither_set_aside_nor_paid(
    choices: str, count: int, cast: Cast, easel: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    Deployment.objects.update(picture_choices=choices)
    Budget.objects.create(kind="person", period="day", hard="0.17")
    vendor.script = lambda _: [vendor.gate]
    alice = connect(cast.alice)
    about = {"text": "A cat", "models": [easel.id], "parameters": {"picture_count": 9}}
    told = alice.ask("message.send", conversation=None, **about)
    assert told["type"] == "ack", told
    assert vendor.next_request().json.get("n", 1) == count
    assert [tally.reserved for tally in Tally.objects.all()] == [count * PICTURE]
    alice.ask("reply.stop", message=told["replies"][0])
    finished(alice)
    assert UsageRecord.objects.get().cost == count * PICTURE


def test_pictures_that_may_have_been_made_are_not_ordered_a_second_time(
    cast: Cast, easel: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    ApiKey.objects.create(endpoint=Deployment.objects.get().endpoint, secret="sk-test-second-0123456789", priority=2)
    vendor.script = lambda _: [{"Content-Length": "9999"}, b'{"data": [{"b64_json": "iVBOR', Act.CLOSE]
    alice = connect(cast.alice)
    alice.ask("message.send", conversation=None, text="A cat", models=[easel.id], parameters={"picture_count": 2})
    reply = finished(alice)
    assert (reply["status"], reply["error"]["code"]) == ("failed", "cut_off")
    assert len(vendor.requests) == 1
    row = UsageRecord.objects.get()
    assert (row.cost, row.estimated) == (2 * PICTURE, True)


def test_pictures_that_could_not_be_fetched_were_made_and_cost(
    cast: Cast, easel: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    urls = linked(vendor, "one.png", "lost.png")
    vendor.script = lambda request: (
        ([PNG] if "one.png" in request.path else [404])
        if "/files/" in request.path
        else whole({"data": [{"url": url} for url in urls]})
    )
    alice = connect(cast.alice)
    alice.ask("message.send", conversation=None, text="A cat", models=[easel.id], parameters={"picture_count": 2})
    assert [part.get("picture") for part in finished(alice)["parts"]] == [None, "missing"]
    assert UsageRecord.objects.get().cost == 2 * PICTURE


def test_several_models_draw_side_by_side_and_one_is_refused(
    cast: Cast, easel: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    other = serve(vendor, "openai", "brush")
    Deployment.objects.filter(model=other).update(wire="image_api", per_picture="0.1", picture_choices="size 1K")
    refused = [
        400,
        b'{"error": {"code": "moderation_blocked", "message": "Not that.", "type": "image_generation_user_error"}}',
    ]
    vendor.script = lambda request: (
        refused if request.json["model"] == "brush" else whole({"data": [{"b64_json": b64(PNG)}]})
    )
    alice = connect(cast.alice)
    about = {"text": "A cat", "models": [easel.id, other.id], "parameters": {"picture_count": 2, "picture_size": "9K"}}
    alice.ask("message.send", conversation=None, **about)
    replies = {reply["model_name"]: reply for reply in (finished(alice), finished(alice))}
    assert [part["kind"] for part in replies["parrot"]["parts"]] == ["image"]
    assert replies["brush"]["error"]["code"] == "blocked"
    bodies = {request.json["model"]: request.json for request in vendor.requests}
    assert bodies["parrot"] == {"model": "parrot", "prompt": "A cat", "n": 2}
    assert bodies["brush"] == {"model": "brush", "prompt": "A cat"}, "neither knows a size that it does not have"
    assert sum(UsageRecord.objects.values_list("cost", flat=True)) == PICTURE
