"""K07: the server is killed while a model looks into its project's files, before and after its second call begins."""

import json
from pathlib import Path

import pytest

from tests.conversations.test_engine import until
from tests.fake_vendor import FakeVendor
from tests.faults.real_site import RealSite
from tests.vendor_replies import Received, Step, hold, openai_chunk, openai_end, openai_event

WITH_FILES = """
from conversations import actions
from conversations.actions.projects import files
from conversations.files import storage
from conversations.models import Team, User
alice = User.objects.get(username="alice")
project = actions.create_project(alice, Team.objects.get(pk="%s"), name="Handbooks")
file = storage.store(alice, "hotels.md", "text/plain", b"# Hotels\\n\\nA room costs 140 euros.")
files.add_files(alice, project.pk, [file.pk], looked_up=True)
print("project", project.pk)
"""
WHAT_IS_LEFT = """
import json
from conversations.models import Message, Reservation, UsageRecord
reply = Message.objects.filter(role="assistant").latest("id")
calls = list(UsageRecord.objects.filter(message=reply.pk).order_by("created_at").values_list("outcome", flat=True))
parts = [part.get("function", part["kind"]) for part in reply.parts]
print("left", json.dumps([reply.status, reply.text, parts, calls, Reservation.objects.count()]))
"""
CALL = {"index": 0, "id": "call_0", "type": "function",
        "function": {"name": "search_files", "arguments": '{"query": "room"}'}}  # fmt: skip


def said(site: RealSite, code: str, word: str) -> str:
    """Run code in the site's shell, and return what it prints behind a word."""
    _, output = site.command("shell", "-c", code)
    found = [line.removeprefix(word).strip() for line in output.splitlines() if line.startswith(word)]
    assert found, output
    return found[0]


@pytest.mark.soak
@pytest.mark.parametrize("words", ["", "So"])
def test_k07_a_reply_that_looks_into_files_survives_a_kill(tmp_path: Path, words: str) -> None:
    def script(request: Received) -> list[Step]:
        if request.json["messages"][-1]["role"] == "tool":
            return [200, *([openai_event(words)] if words else []), hold]
        return [openai_event("I look."), openai_chunk(tool_calls=[CALL]) + openai_end("tool_calls")]

    with FakeVendor() as vendor:
        vendor.script = script
        site = RealSite(tmp_path, vendor)
        try:
            project = said(site, WITH_FILES % site.team, "project")
            site.start()
            page = site.page("alice")
            page.say("What does a room cost?", models=[site.model], project=project)
            until(lambda: len(vendor.requests) == 2)
            assert "140 euros" in vendor.requests[1].json["messages"][-1]["content"]
            until(lambda: "search_files" in said(site, WHAT_IS_LEFT, "left"))
            until(lambda: json.loads(said(site, WHAT_IS_LEFT, "left"))[1].endswith(words))
            site.kill()
            site.start()
            until(lambda: json.loads(said(site, WHAT_IS_LEFT, "left"))[0] == "interrupted")
            _, text, parts, calls, held = json.loads(said(site, WHAT_IS_LEFT, "left"))
            assert (text.split(), held) == (["I", "look.", *words.split()], 0)
            assert "search_files" in parts
            assert calls == ["tool_call", *(["server_restarted"] if words else [])]
            assert "Traceback" not in site.complaints()
        finally:
            site.close()
