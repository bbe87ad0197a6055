"""S19: the server is killed while pictures are made, fetched and stored, and after they have come."""

import base64
import json
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conversations.test_engine import until
from tests.fake_vendor import FakeVendor
from tests.faults.real_site import RealSite
from tests.providers.test_pictures import JPEG, PNG
from tests.vendor_replies import Received, hold

EASEL = """
from conversations.models import Budget
from providers.models import Deployment
Deployment.objects.update(wire="image_api", per_picture="0.04", picture_choices="count 4")
Budget.objects.create(kind="person", period="day", hard="100")
print("easel", "1")
"""
WHAT_IS_LEFT = """
import json
from conversations.models import File, Message, Reservation, Tally, UsageRecord
reply = Message.objects.filter(role="assistant").latest("id")
calls = list(UsageRecord.objects.filter(message=reply.pk).values_list("outcome", "cost", "estimated"))
held = {str(file.pk): file.path.read_bytes() for file in File.objects.all()}
shown = [held[part["file"]][:4].hex() for part in reply.parts if "file" in part]
mine = [str(key) for key in reply.files.values_list("pk", flat=True)]
lost = sorted(set(mine) - {part.get("file") for part in reply.parts})
reserved = [tally.reserved for tally in Tally.objects.all()]
print("left", json.dumps([reply.status, shown, calls, lost, Reservation.objects.count(), reserved]))
"""
BOTH = [PNG[:4].hex(), JPEG[:4].hex()]
TWO = {"picture_count": 2}
COST = 80_000


def said(site: RealSite, code: str, word: str) -> Any:
    """Run code in the site's shell, and return the JSON that it prints behind a word."""
    _, output = site.command("shell", "-c", code)
    found = [line.removeprefix(word).strip() for line in output.splitlines() if line.startswith(word)]
    assert found, output
    return json.loads(found[0])


def links(vendor: FakeVendor) -> list[Any]:
    """Return an answer with two links."""
    urls = [f"http://{vendor.host}/files/{name}" for name in ("one.png", "two.jpg")]
    return [{"Content-Type": "application/json"}, json.dumps({"data": [{"url": url} for url in urls]}).encode()]


def bytes_of_two() -> list[Any]:
    pictures = [{"b64_json": base64.b64encode(content).decode()} for content in (PNG, JPEG)]
    return [{"Content-Type": "application/json"}, json.dumps({"data": pictures}).encode()]


@pytest.mark.soak
def test_s19_pictures_survive_a_kill_or_cost_what_was_ordered(tmp_path: Path, luck: random.Random) -> None:
    with FakeVendor() as vendor:
        site = RealSite(tmp_path, vendor)
        try:
            said(site, EASEL, "easel")

            def killed(script: Callable[[Received], Any], moment: Callable[[], object]) -> list[Any]:
                """Ask, kill at that moment, start again, and return what is left."""
                vendor.requests.clear()
                vendor.script = script
                site.start()
                site.page("alice").say("A cat", models=[site.model], parameters=TWO)
                moment()
                site.kill()
                site.start()
                until(lambda: said(site, WHAT_IS_LEFT, "left")[0] not in ("waiting", "streaming"), 20)
                left = said(site, WHAT_IS_LEFT, "left")
                site.kill()
                return list(left)

            def asked(path: str) -> Callable[[], object]:
                """Wait for a request, and longer than a checkpoint takes."""

                def moment() -> None:
                    until(lambda: [one for one in vendor.requests if path in one.path])
                    threading.Event().wait(1.2)

                return moment

            def half(request: Received) -> Any:
                if "one.png" in request.path:
                    return [PNG]
                return [JPEG[:30], hold] if "two.jpg" in request.path else links(vendor)

            nothing_lost: list[Any] = [[], 0, [0]]
            before = killed(lambda _: [200, hold], asked("/images/"))
            assert before == ["failed", [], [["server_restarted", COST, True]], *nothing_lost]
            fetching = killed(half, asked("two.jpg"))
            assert fetching == ["interrupted", BOTH[:1], [["server_restarted", COST, True]], *nothing_lost]
            for _ in range(4):
                pause = luck.uniform(0, 0.4)
                storing = killed(lambda _: bytes_of_two(), lambda pause=pause: threading.Event().wait(pause))  # type: ignore[misc]
                assert storing[1] in ([], BOTH[:1], BOTH), storing
                assert storing[3:] == nothing_lost, storing
                assert not storing[2] or storing[2][0][1] == COST, storing
            after = killed(lambda _: bytes_of_two(), lambda: site.pages[-1].wait(lambda page: page.is_quiet()))
            assert after == ["complete", BOTH, [["complete", COST, True]], *nothing_lost]
            assert "Traceback" not in site.complaints()
        finally:
            site.close()
