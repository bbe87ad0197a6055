"""Pictures that a gateway makes as tasks: begun once, asked about until they are done, never begun a second time."""

import json
import threading
import time
from typing import Any

import pytest

from providers.client import tasks
from providers.errors import VendorError, VendorTimeout
from providers.types import Address, Prompt
from providers.wires import registry
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import Ask, PlainKey
from tests.providers.test_pictures import ASKED, BLUE, JPEG, MADE, PNG, got, linked, whole
from tests.vendor_replies import Act, Received

BEGUN = {"code": "success", "message": "", "data": {"request_id": "req-1"}}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "POLL_SECONDS", 0.01)


def state(status: str, **more: Any) -> list[Any]:
    return whole({"code": "success", "data": {"request_id": "req-1", "status": status, **more}})


def scripted(vendor: FakeVendor, *answers: Any, begun: Any = BEGUN) -> None:
    """Let the vendor begin a task, answer so to each question about it, and give its files."""
    left = list(answers)

    def script(request: Received) -> Any:
        if "/files/" in request.path:
            return [PNG if "one" in request.path else JPEG]
        if request.method == "POST":
            return whole(begun)
        return left.pop(0) if len(left) > 1 else left[0]

    vendor.script = script


def done(vendor: FakeVendor) -> list[Any]:
    urls = linked(vendor, "one.png", "two.jpg")
    return state("COMPLETED", progress="100%", data={"image_urls": urls})


def methods(vendor: FakeVendor) -> list[str]:
    return [request.method for request in vendor.requests if "/files/" not in request.path]


def test_a_task_is_asked_about_until_its_pictures_are_there(ask: Ask, wire_vendor: FakeVendor) -> None:
    scripted(wire_vendor, state("QUEUED"), state("IN_PROGRESS", progress="45%"), state("UNKNOWN"), done(wire_vendor))
    assert got(ask("A cat", wire="task_api")) == [PNG, JPEG]
    assert methods(wire_vendor) == ["POST", "GET", "GET", "GET", "GET"]
    assert {request.path.rpartition("/tasks/")[2] for request in wire_vendor.requests[1:5]} == {"generations/req-1"}
    told = [request.headers.get("Authorization", "") for request in wire_vendor.requests[:5]]
    assert all(PlainKey().reveal() in one for one in told)
    assert all(PlainKey().reveal() not in str(request.headers) for request in wire_vendor.requests[5:])


def test_an_answer_that_brings_the_pictures_at_once_is_no_task(ask: Ask, wire_vendor: FakeVendor) -> None:
    scripted(wire_vendor, b"", begun={"data": {"request_id": "req-1", "image_urls": linked(wire_vendor, "one.png")}})
    assert got(ask("A cat", wire="task_api")) == [PNG]
    assert methods(wire_vendor) == ["POST"]


@pytest.mark.parametrize("fault", [[500], [404, b"{}"], [b"<html>"], [b'{"data": null}'], [Act.RESET], [302]], ids=str)
def test_answers_that_tell_nothing_do_not_begin_a_second_task(
    fault: list[Any], ask: Ask, wire_vendor: FakeVendor
) -> None:
    scripted(wire_vendor, state("QUEUED"), fault, fault, done(wire_vendor))
    assert got(ask("A cat", wire="task_api")) == [PNG, JPEG]
    wire_vendor.requests.clear()
    scripted(wire_vendor, state("QUEUED"), fault)
    with pytest.raises(VendorTimeout):  # the vendor goes on, and charges
        got(ask("A cat", wire="task_api"))
    assert methods(wire_vendor) == ["POST", *["GET"] * (1 + tasks.MAX_FAULTS)]


def test_a_task_that_failed_says_why(ask: Ask, wire_vendor: FakeVendor) -> None:
    scripted(wire_vendor, state("QUEUED"), state("FAILED", fail_reason="The model is out of paint."))
    with pytest.raises(VendorError) as failure:
        got(ask("A cat", wire="task_api"))
    assert "out of paint" in failure.value.quote


@pytest.mark.parametrize("task", ["../../keys", "a/b", "x" * 300, "", 7, None, "a?b", "a\r\nb"])
def test_an_id_that_is_none_is_not_asked_about(task: Any, ask: Ask, wire_vendor: FakeVendor) -> None:
    scripted(wire_vendor, done(wire_vendor), begun={"code": "success", "data": {"request_id": task}})
    with pytest.raises(VendorError):
        got(ask("A cat", wire="task_api"))
    assert "GET" not in methods(wire_vendor)


def test_a_stop_ends_the_waiting_at_once(ask: Ask, wire_vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "POLL_SECONDS", 60)
    scripted(wire_vendor, done(wire_vendor))
    stream = ask("A cat", wire="task_api")
    threading.Thread(target=lambda: [wire_vendor.next_request(), stream.stop()], daemon=True).start()
    begun = time.monotonic()
    assert got(stream) == []
    assert (stream.stopped, stream.has_left) == (True, True)
    assert time.monotonic() - begun < 5


def test_earlier_pictures_go_along_as_data_addresses() -> None:
    wire, address = registry.wire("task_api"), Address("task_api", "https://v.example/api/v1/tasks/generations")
    first = wire.request(address, Prompt("m", (ASKED,), parameters={"picture_size": "2K"}))
    assert (first.method, first.url) == ("POST", "https://v.example/api/v1/tasks/generations")
    assert json.loads(first.body) == {"model": "m", "prompt": "A cat", "size": "2K"}
    sent = json.loads(wire.request(address, Prompt("m", (ASKED, MADE, BLUE))).body)
    assert sent["prompt"] == "Make it blue"
    assert [one.partition(",")[0] for one in sent["image_urls"]] == ["data:image/png;base64"]
