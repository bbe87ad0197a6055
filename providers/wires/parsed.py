"""The findings in an event besides deltas, usage and finish, which have a meaning only at the reply's end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from providers.types import Delta, Finish, Usage


@dataclass(frozen=True, slots=True)
class CallPiece:
    """A piece of a function call in the vendor's own fields; `index` is the call's number, if given."""

    index: int | None
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReasoningPiece:
    """A piece of a vendor's own record of its reasoning, which must go back together with its calls."""

    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A page that an answer rests on."""

    uri: str
    title: str
    domain: str


@dataclass(frozen=True, slots=True)
class Support:
    """A stretch of the answer and its sources; positions count bytes of UTF-8 or characters.

    `quote` is the stretch itself, if the vendor repeats it: it is right even when the numbers are not.
    """

    start: int
    end: int
    in_bytes: bool
    quote: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Cited:
    """The sources that one event names, and the stretches of the answer that rest on them."""

    sources: tuple[Source, ...]
    supports: tuple[Support, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A piece of a part that is shown only when it is whole. It is weighed, and tells that the answer goes on."""

    piece: object


@dataclass(frozen=True, slots=True)
class Working:
    """The news that the vendor goes on with work that shows no words, such as a search or a picture.

    `piece` is what it sent of a part that nobody sees: it is weighed.
    """

    piece: str = ""


Finding = Delta | Usage | Finish | CallPiece | ReasoningPiece | Cited | Held | Working


@dataclass(frozen=True, slots=True)
class WholeMessage:
    """A message that a vendor calls whole; in a stream, it may repeat what deltas brought before it."""

    findings: tuple[Finding, ...]


Found = Finding | WholeMessage
Parse = Callable[[Mapping[str, Any]], Iterator[Found]]
END: Mapping[str, Any] = {}
"""The event behind the last one of a body: what is still open is as whole as it will be."""
