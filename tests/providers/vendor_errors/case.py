"""The form of a row in the tables of vendors' errors."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from providers.errors import VendorError


@dataclass(frozen=True)
class Case:
    """An error as a vendor sends it, and what must be read in it.

    `body` is sent as it is, or as JSON. `quote` is in the words that a person is shown. `as_event` tells of the same
    body in a stream under status 200: the same class, only its words (because the status named the class), or nothing.
    """

    name: str
    source: str
    status: int
    body: Any
    kind: type[VendorError]
    quote: str = ""
    doubtful: bool = False
    unsupported: bool | None = None
    parameter: str | None = None
    retry_after: float | None = None
    as_event: Literal["same", "words", "nothing"] = "same"

    @property
    def content(self) -> bytes:
        """Return the body as it is sent."""
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)).encode()


def openai(message: str, kind: str | None = "invalid_request_error", code: object = None, **more: Any) -> Any:
    """Return an error object as OpenAI and most others send it."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code, **more}}


def google(code: int, status: str, message: str, *details: dict[str, Any]) -> Any:
    """Return an error object as Google sends it."""
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def anthropic(message: str, kind: str = "invalid_request_error") -> Any:
    """Return an error object as Anthropic sends it."""
    return {"type": "error", "error": {"type": kind, "message": message}}


def numbered(code: int, message: str) -> Any:
    """Return an error with a vendor's own number, as SiliconFlow and many gateways send it."""
    return {"code": code, "message": message, "data": None}


def wenxin(code: int, message: str) -> Any:
    """Return an error as Baidu's older API sends it."""
    return {"error_code": code, "error_msg": message}


def minimax(code: int, message: str) -> Any:
    """Return an error as MiniMax sends it, with status 200."""
    return {"base_resp": {"status_code": code, "status_msg": message}}


def zhipu(code: str, message: str) -> Any:
    """Return an error as Zhipu sends it."""
    return {"error": {"code": code, "message": message}}
