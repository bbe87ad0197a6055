"""Django's handling of requests, in a few threads that are reused, with their database connections."""

import asyncio
import contextvars
from collections.abc import Coroutine, Hashable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from chatsite.clients.senders import Sender, is_person, people
from chatsite.server.memory_share import MemoryShare
from conversations.files.stored_response import StoredFile
from conversations.workers.thread_pool import Full, ThreadPool

PATHSEND = "http.response.pathsend"
THREADS, MAX_WAITING = 12, 100
"""Requests answered at once, and requests of one owner that may wait for their turn."""
MAX_OF_PERSON, MAX_OF_ADDRESS = 4, 2
"""Requests of one owner answered at once.

A person may wait for vendors in some, and look at other pages meanwhile.
"""

SMALL_BYTES = 64 * 2**10
MAX_ANSWER_BYTES, MAX_ANSWER_BYTES_OF_ONE = 256 * 2**20, 16 * 2**20
"""Bytes of answers that wait for their readers: of all owners, and of one owner with several answers."""


def _at_once(owner: Hashable) -> int:
    return MAX_OF_PERSON if is_person(str(owner)) else MAX_OF_ADDRESS


crew = ThreadPool("request", THREADS, each=_at_once, waiting=MAX_WAITING)
_answers = MemoryShare(MAX_ANSWER_BYTES)


class Handler(ASGIHandler):
    """Django's ASGI handler, but a request is one task instead of twenty, and waits for its turn.

    It leaves a file to a server that can send files itself, instead of reading it into memory.
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        leaving = asyncio.ensure_future(receive())
        try:
            await self._answer(scope, body, leaving, send)
        finally:
            leaving.cancel()

    async def send_response(self, response: HttpResponseBase, send: Any) -> None:
        """Send a response as Django does, but a file by its path."""
        if isinstance(response, StoredFile) and response.path and response.is_left_to_server:
            send = _with_file(send, str(response.path))
            response.content = b""
        await super().send_response(response, send)

    async def _answer(self, scope: dict[str, Any], body: Any, leaving: "asyncio.Future[Any]", send: Any) -> None:
        sender: Sender = scope["extensions"]["chatsite.sender"]
        context = contextvars.copy_context()
        try:
            work = crew.submit_for(sender.owner, partial(context.run, self._respond, scope, body))
        except Full:
            body.close()
            await self.send_response(_busy(), send)
            return
        work.add_done_callback(lambda _: body.close())
        response = await _unless(leaving, work)
        if response is None:
            return
        try:
            await _until(leaving, self._send(response, sender.owner, send))
        finally:
            if response.streaming:
                crew.submit(context.run, response.close)

    async def _send(self, response: HttpResponseBase, owner: str, send: Any) -> None:
        """Send a response, or 503 if too many bytes already wait for its owner.

        The share does not limit an owner's only answer.
        """
        length = _length_in_memory(response)
        if not _answers.reserve(owner, length, MAX_ANSWER_BYTES_OF_ONE):
            await self.send_response(_busy(), send)
            return
        try:
            await self.send_response(response, send)
        finally:
            _answers.give_back(owner, length)

    def _respond(self, scope: dict[str, Any], body: Any) -> HttpResponseBase:
        """Run the blocking part of a request; a response that is not streamed is closed here."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=type(self), scope=scope)
        request, refusal = self.create_request(scope, body)
        response: Any = self.get_response(request) if request else refusal
        _note_person(scope, request)
        response._handler_class = type(self)
        if isinstance(response, StoredFile):
            response.is_left_to_server = PATHSEND in scope.get("extensions", {})
        if response.streaming:
            close_old_connections()
        else:
            response.close()
        return response


def _busy() -> HttpResponse:
    return HttpResponse(status=503, headers={"Retry-After": "2"})


def _length_in_memory(response: Any) -> int:
    """Return how many bytes wait in memory with a response.

    A small answer counts as 0, because it fits into the network's own buffers.
    """
    if response.streaming or (isinstance(response, StoredFile) and response.is_left_to_server):
        return 0
    length = len(response.content)
    return length if length > SMALL_BYTES else 0


def _note_person(scope: dict[str, Any], request: Any) -> None:
    """Store the signed-in person, if the request has looked them up: the next request counts as theirs."""
    if hasattr(request, "_cached_user") and request.user.is_authenticated:
        sender: Sender = scope["extensions"]["chatsite.sender"]
        people.note(sender.proof, request.user.pk)


async def _unless(leaving: "asyncio.Future[Any]", work: "Future[HttpResponseBase]") -> HttpResponseBase | None:
    """Wait for `work` and return its result; None if the client left before it began."""
    waiting = asyncio.wrap_future(work)
    try:
        await asyncio.wait([leaving, waiting], return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done() and work.cancel():
            return None
        return await waiting
    except asyncio.CancelledError:
        work.cancel()
        raise


async def _until(leaving: "asyncio.Future[Any]", sending: Coroutine[Any, Any, None]) -> None:
    """Send until the response is complete or the client has left."""
    task = asyncio.ensure_future(sending)
    try:
        await asyncio.wait([leaving, task], return_when=asyncio.FIRST_COMPLETED)
    finally:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _with_file(send: Any, path: str) -> Any:
    """Return a `send` that replaces the body by the file's path."""

    async def send_path(message: dict[str, Any]) -> None:
        is_body = message["type"] == "http.response.body"
        await send({"type": PATHSEND, "path": path} if is_body else message)

    return send_path
