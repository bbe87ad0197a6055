"""A connection without a network: one command of one role, answered in this thread."""

import asyncio
import itertools
import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import pytest

from conversations.connections import connection as connections
from conversations.hashed_tokens import token_digest
from conversations.live.hub import Hub
from conversations.live.interfaces import Credential
from conversations.workers import database_threads
from tests.authorisation.asking import filled, fingerprint, undone, writes
from tests.authorisation.roles import Role
from tests.authorisation.table import Policy
from tests.authorisation.world import Ids, World

_numbers = itertools.count()


@dataclass(frozen=True)
class Said:
    """The answer to a command as JSON, or the code with which the socket was closed."""

    text: str
    is_success: bool
    has_written: bool


class Line:
    """The connection's environment: patches its access to other threads as long as the test runs."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        monkeypatch.setattr(connections, "hub", Hub())
        monkeypatch.setattr(database_threads, "submit", _at_once)
        monkeypatch.setattr(database_threads, "submit_change", _at_once)

    def ask(self, role: Role, policy: Policy, ids: Ids, unchanged: str = "") -> Said:
        with undone():
            written = writes()
            frames, code = asyncio.run(self._asked(role, {"type": policy.route, **filled(policy.body, ids)}))
            has_written = bool(unchanged) and writes() != written and fingerprint() != unchanged
        if code:
            return Said(f"closed with {code}", False, has_written)
        told = next(frame for frame in frames if frame["type"] in ("ack", "error"))
        told.pop("id")
        return Said(json.dumps(told, ensure_ascii=False), _is_success(told), has_written)

    async def _asked(self, role: Role, command: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
        sent: list[bytes] = []
        closed: list[int] = []

        connection = connections.Connection(self._credential(role), sent.append, closed.append)
        if await connection.admit():
            await connection.receive(json.dumps({"id": f"c{next(_numbers)}", **command}))
            connection.leave()
        return [json.loads(frame[frame.index(b"{") :]) for frame in sent], closed[0] if closed else 0

    def _credential(self, role: Role) -> Credential:
        if token := self.world.tokens.get(role):
            return Credential(token=token_digest(token))
        return Credential(session=self.world.session(role) or "")


def _is_success(told: dict[str, Any]) -> bool:
    """Return whether an answer grants access. A ping is always acked: rows that one may not see have "moved"."""
    return told["type"] == "ack" and not told.get("moved")


def _at_once(work: Callable[..., Any], *args: Any, **kwargs: Any) -> "Future[Any]":
    """Do the work in this thread, as if no loop ran: with a loop, Django would use another connection."""
    done: Future[Any] = Future()
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        done.set_result(work(*args, **kwargs))
    except Exception as error:
        done.set_exception(error)
    finally:
        asyncio._set_running_loop(loop)
    return done
