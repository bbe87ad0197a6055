"""WEBSOCKET.md tells what is so: its tables name what the code knows, and its program runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

from conversations.models import Message
from conversations.protocol import parsing
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.test_tokens import give
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_stream

BASE = Path(__file__).resolve().parent.parent
DOCUMENT = (BASE / "WEBSOCKET.md").read_text("utf-8")


def rows(section: str) -> set[str]:
    """Return the first cells of a section's table."""
    return set(re.findall(r"^\| `([\w.]+)` \|", part(section), re.MULTILINE))


def part(section: str) -> str:
    return DOCUMENT.partition(f"## {section}\n")[2].partition("\n## ")[0]


def test_it_names_every_command() -> None:
    assert rows("Commands") == set(parsing._BUILDERS)


def test_it_names_every_event() -> None:
    sources = [
        path.read_text("utf-8")
        for path in (BASE / "conversations").rglob("*.py")
        if path.parent.name in ("connections", "live")
    ]
    types = {name for source in sources for name in re.findall(r'"type": "((?!websocket)[a-z.]+)"', source)}
    types |= {name for source in sources for name in re.findall(r'_of_message\("([a-z.]+)"', source)}
    assert rows("Events") == types - {"ack", "error", "string", "date", "integer", "number", "boolean", "array"}


def test_it_names_every_code() -> None:
    own = (BASE / "templates" / "_words.html").read_text("utf-8")
    told = set(re.findall(r"`([a-z_]+)`", part("Codes")))
    replies = set(re.findall(r'data-name="reply\.([a-z_]+)"', own))
    sources = [path.read_text("utf-8") for path in (BASE / "conversations").rglob("*.py")]
    refusals = {name for source in sources for name in re.findall(r'Refused\(\s*"([a-z_]+)"', source)}
    assert replies | refusals <= told


def test_its_program_asks_and_prints_the_reply(cast: Cast, model: LanguageModel, vendor: FakeVendor, site: str) -> None:
    vendor.play([openai_stream(["A socket ", "that stays open."])])
    program = re.search(r"```python\n(.+?)```", DOCUMENT, re.DOTALL)
    assert program
    environment = {**os.environ, "TOKEN": give(cast.bob), "SITE": site.replace("http", "ws")}
    run = subprocess.run(
        [sys.executable, "-c", program[1]], env=environment, capture_output=True, text=True, timeout=60
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "A socket that stays open.", "")
    assert Message.objects.get(role="user").text == "What is a websocket?"
