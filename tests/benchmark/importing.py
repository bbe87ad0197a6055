"""An import of many conversations, killed in the middle and gone on with by another process.

Runs as a process: works on the import of this id until it has ended, and prints its largest memory in MB.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import django

MESSAGES = 6
"""Messages of each conversation."""
BAR = 500
"""MB of the importing process."""
_POLL = 0.2


def measure(count: int) -> list[str]:
    """Import `count` conversations, print time and memory, and return what is not as promised."""
    from conversations.models import Conversation, ConversationImport, Message, User

    owner = User.objects.create(username="importer", password="!")
    batch = ConversationImport(owner=owner, name="conversations.json")
    batch.path.parent.mkdir(exist_ok=True)
    size = _write(batch.path, count)
    batch.save()
    begun = time.perf_counter()
    mine = Conversation.objects.filter(owner=owner)
    first = _worker(batch)
    while mine.count() < count // 3 and first.poll() is None:
        time.sleep(_POLL)
    first.kill()
    first.wait()
    here = mine.count()
    memory = int(_worker(batch).communicate()[0] or 0)
    seconds = time.perf_counter() - begun
    print(
        f"{count:,} conversations ({size / 10**6:.0f} MB) imported in {seconds:.0f} s with at most {memory} MB, "
        f"killed after {here:,} and gone on",
        flush=True,
    )
    keys = batch.items.filter(conversation__isnull=False).values("key").distinct().count()
    messages = Message.objects.filter(conversation__owner=owner).count()
    is_whole = mine.count() == keys == count and messages == count * MESSAGES
    return [*([] if is_whole else ["the import is not whole"]), *(["the import's memory"] if memory > BAR else [])]


def _write(path: Path, count: int) -> int:
    """Write a file of such conversations as Open WebUI exports them, and return its bytes."""
    from tests.benchmark import searching

    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            file.write(f"{',' if number else '['}{json.dumps(_conversation(number, searching.text))}")
        file.write("]")
    return path.stat().st_size


def _conversation(number: int, text: Any) -> dict[str, Any]:
    keys = [f"{number}-{at}" for at in range(MESSAGES)]
    messages = {
        key: {
            "id": key,
            "parentId": keys[at - 1] if at else None,
            "childrenIds": keys[at + 1 : at + 2],
            "role": ("user", "assistant")[at % 2],
            "content": text(at),
            "timestamp": 1_750_000_000 + number * 60 + at,
        }
        for at, key in enumerate(keys)
    }
    history = {"messages": messages, "currentId": keys[-1]}
    return {"id": f"chat-{number}", "title": f"Chat {number}", "chat": {"title": f"Chat {number}", "history": history}}


def _worker(batch: Any) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.benchmark.importing", str(batch.pk)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def main(import_id: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    from conversations.ids import BOOT_ID
    from conversations.imports import run
    from conversations.models import ConversationImport

    ready, running = ConversationImport.Status.READY, ConversationImport.Status.RUNNING
    rows = ConversationImport.objects.filter(pk=import_id)
    rows.update(boot=BOOT_ID)
    while (batch := rows.get()).is_under_way:
        run.work_on(batch)
        rows.filter(status=ready).update(status=running)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)


if __name__ == "__main__":
    main(sys.argv[1])
