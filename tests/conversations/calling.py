"""A client of the HTTP API, and the messages to read there."""

import json
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from conversations.models import Conversation, Message, User
from conversations.models.message import UNDER_WAY
from conversations.search import indexing

NOBODY = "01900000-0000-7000-8000-000000000000"


class Api:
    """One person's calls; every answer is JSON."""

    def __init__(self, person: User | None = None, **more: Any) -> None:
        self.client = Client(headers={"host": "127.0.0.1"}, **more)
        if person:
            self.client.force_login(person)

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        response: HttpResponse = self.client.generic(method, f"/api/v1{path}", content, "application/json")
        if response.status_code == 204:
            assert response.content == b""
            return 204, None
        assert response.headers["Content-Type"].startswith("application/json"), (path, response.content)
        return response.status_code, json.loads(response.content)

    def get(self, path: str) -> Any:
        status, answer = self.call("GET", path)
        assert status == 200, answer
        return answer

    def make(self, **fields: object) -> Any:
        status, answer = self.call("POST", "/conversations", fields)
        assert status == 201, answer
        return answer

    def refusal(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        status, answer = self.call(method, path, body)
        assert set(answer) == {"error"}, answer
        assert {"code", "text"} <= set(answer["error"]) <= {"code", "text", "field"}
        assert answer["error"]["text"].endswith(".")
        return status, answer["error"]["code"]


def say(conversation: Conversation, text: str, **fields: Any) -> Message:
    defaults = {"role": "user", "status": "complete", "revision": conversation.advance(1), "text": text}
    with transaction.atomic():  # else the sweeper may index it in between
        message = Message.objects.create(conversation=conversation, **{**defaults, **fields})
        indexing.add_messages([message] if message.status not in UNDER_WAY else [])
    return message
