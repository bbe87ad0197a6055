"""Function calls that arrive in pieces, and their assembly.

Source: the OpenAI API reference (chat completion chunks, `delta.tool_calls`), plus variants of compatible servers: no
index, the same index for several calls, name and id repeated on every piece, arguments as an object. Oracle's gateway
gives every piece an id of its own, LocalAI the same id under several indexes. GPT-5 sends whole arguments again, and
those of several calls under one index and id.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from providers.errors import ReplyTooLong
from providers.types import Part
from providers.wires.json_values import from_json, mapping, string
from providers.wires.parsed import CallPiece
from providers.wires.verbatim import wrap

MAX_CALLS = 128
_MAX_PIECES = 1000


class Calls:
    """The function calls of one reply, which came over the wire of this name."""

    def __init__(self, wire: str) -> None:
        self._wire = wire
        self._calls: list[_Call] = []

    def add(self, piece: CallPiece) -> None:
        """Add a piece to its call, or begin a new call. Raises ReplyTooLong at the 129th call."""
        call = self._belonging(piece)
        if call is None:
            self._begin(_Call(piece.index), piece.fields)
        elif call.is_followed_by_another(piece):
            same_id = string(piece.fields.get("id")) in ("", call.id)
            fields = {name: value for name, value in piece.fields.items() if name != "id" or not same_id}
            self._begin(_Call(piece.index, name=call.name), fields)
        else:
            call.add(piece.fields)

    def _begin(self, call: _Call, fields: Mapping[str, Any]) -> None:
        if len(self._calls) == MAX_CALLS:
            raise ReplyTooLong
        self._calls.append(call)
        call.add(fields)

    def parts(self, reasoning: Sequence[Mapping[str, Any]]) -> Iterator[Part]:
        """Yield the calls in the order in which they began. The first carries the reasoning record behind them."""
        for call in self._calls:
            if call.name or call.arguments:
                yield call.as_part(self._wire, reasoning)
                reasoning = ()

    def _belonging(self, piece: CallPiece) -> _Call | None:
        identity = string(piece.fields.get("id"))
        if piece.index is None and not identity:
            return self._last(_function(piece))
        same = (
            call
            for call in reversed(self._calls)
            if (piece.index is None or call.index == piece.index) and identity in ("", call.id or identity)
        )
        return next(same, None) or self._of_id(identity, piece) or self._without_name(piece)

    def _of_id(self, identity: str, piece: CallPiece) -> _Call | None:
        """Return the call of this id, which stands under another index, for a piece that goes on or repeats it."""
        function = _function(piece)
        name, arguments = string(function.get("name")), string(function.get("arguments"))
        ours = (call for call in self._calls if identity and call.id == identity)
        return next((call for call in ours if not name or (name, arguments) == (call.name, call.arguments)), None)

    def _without_name(self, piece: CallPiece) -> _Call | None:
        """Return the last call of this index for a piece that names no function, whatever its id."""
        ours = (call for call in reversed(self._calls) if piece.index is not None and call.index == piece.index)
        return None if _function(piece).get("name") else next(ours, None)

    def _last(self, function: Mapping[str, Any]) -> _Call | None:
        """Return the last call for a piece without index and id; None if the piece names the next call."""
        last = self._calls[-1] if self._calls else None
        is_next = last is not None and bool(function.get("name")) and last.is_complete
        return None if is_next else last


@dataclass(slots=True)
class _Call:
    index: int | None
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    others: dict[str, Any] = field(default_factory=dict)

    def add(self, fields: Mapping[str, Any]) -> None:
        function = mapping(fields.get("function"))
        self.id = self.id or string(fields.get("id"))
        self.name = self.name or string(function.get("name"))
        if self._is_repeated_in(function):
            self.pieces.clear()
        arguments = function.get("arguments")
        self.pieces.append(json.dumps(arguments) if isinstance(arguments, dict) else string(arguments))
        known = ("index", "id", "function")
        self.others |= {name: value for name, value in fields.items() if name not in known and value is not None}

    @property
    def arguments(self) -> str:
        return "".join(self.pieces)

    def is_followed_by_another(self, piece: CallPiece) -> bool:
        """Return whether the piece has whole arguments behind whole ones, and not the same again."""
        function = _function(piece)
        return bool(_whole(function)) and self.is_complete and not self._is_repeated_in(function)

    def _is_repeated_in(self, function: Mapping[str, Any]) -> bool:
        """Return whether these are the whole arguments that came before, perhaps with more."""
        whole = _whole(function)
        return bool(whole) and self.is_complete and mapping(_json(self.arguments)).items() <= whole.items()

    @property
    def is_complete(self) -> bool:
        # This runs at every piece: parse only text that may be complete, and no long text.
        may_be = 0 < len(self.pieces) < _MAX_PIECES and self.pieces[-1].rstrip().endswith("}")
        return may_be and isinstance(_json(self.arguments), dict)

    def as_part(self, wire: str, reasoning: Sequence[Mapping[str, Any]]) -> Part:
        function = {"name": self.name, "arguments": self.arguments}
        record = {"reasoning_details": list(reasoning)} if reasoning else {}
        identity = {"id": self.id} if self.id else {}
        vendor = wrap(wire, {"type": "function", **self.others, **identity, "function": function, **record})
        return Part("call", "", {"name": self.name, **_read(self.arguments), **identity, **vendor})


def _function(piece: CallPiece) -> Mapping[str, Any]:
    return mapping(piece.fields.get("function"))


def _whole(function: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the arguments if they are a whole object, else {}."""
    arguments = function.get("arguments")
    if isinstance(arguments, str) and arguments.startswith("{") and arguments.rstrip().endswith("}"):
        arguments = _json(arguments)
    return mapping(arguments)


def _read(arguments: str) -> dict[str, Any]:
    """Return the arguments under "arguments" if they are a JSON object, else their text under "raw"."""
    value = _json(arguments or "{}")
    return {"arguments": value} if isinstance(value, dict) else {"raw": arguments}


def _json(text: str) -> object:
    try:
        return from_json(text)
    except (ValueError, RecursionError):
        return None
