"""In which ways an unknown address may want to be spoken to, likelier ones first, each judged by what came before.

Each wire looks for the door first (base address and version), then for the place of the key, and only then asks in a
plainer form. Gateways differ in whether they judge the path or the key first, so both are looked for together.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace

from providers.errors import (
    BadReply,
    BadRequest,
    CutOff,
    KeyRefused,
    ModelNotFound,
    PageInstead,
    VendorDown,
    VendorError,
)
from providers.types import Address, ApiVersion, Clocks, KeyPlacement

# Short: a question of six words is answered at once, or not at all.
CLOCKS = Clocks(first_token=15, silence=10, total=20)
_GEMINI_PLACEMENTS: tuple[KeyPlacement, ...] = ("header-goog", "bearer", "authorization", "query")
_OPENAI_PLACEMENTS: tuple[KeyPlacement, ...] = ("bearer", "authorization", "query", "header-goog")
_VERSION = re.compile(r"(?<!/)/v\d+[a-z]*(?=/|$)")
_ENDS_AT_DOOR = re.compile(r"(?<!/)/(v\d+|openai)$")
_ABOUT_KEYS = re.compile(
    r"\b(api[ _-]?key|token|unauthori[sz]ed|authentication|authori[sz]ation|credentials?)\b|令牌|密钥", re.IGNORECASE
)
_ABOUT_PLACES = re.compile(r"\bnot[ _-]?(found|allowed)\b|\bcannot post\b|\binvalid url\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """One way of asking; `limited` asks for a short answer."""

    address: Address
    limited: bool = True


Search = Generator[Question, VendorError, None]


def searches(base_url: str, model: str, headers: tuple[tuple[str, str], ...]) -> list[Search]:
    """Both wires, the likelier first."""
    base = base_url.strip().rstrip("/")
    gemini = _search(_gemini_doors(base, headers), _GEMINI_PLACEMENTS)
    openai = _search(_openai_doors(base, headers), _OPENAI_PLACEMENTS)
    gemini_first = "/v1beta" in base or ("gemini" in model.lower() and not _ENDS_AT_DOOR.search(base))
    return [gemini, openai] if gemini_first else [openai, gemini]


def _gemini_doors(base: str, headers: tuple[tuple[str, str], ...]) -> Iterator[Question]:
    versions: tuple[tuple[ApiVersion, bool], ...] = (("v1beta", True), ("v1", True), ("v1beta", False))
    for version, ask_sse in versions:
        yield Question(
            Address("gemini", _root(base), version, "header-goog", ask_sse=ask_sse, headers=headers, clocks=CLOCKS)
        )


def _openai_doors(base: str, headers: tuple[tuple[str, str], ...]) -> Iterator[Question]:
    base = base.removesuffix("/chat/completions").removesuffix("/models")
    usual = f"{_root(base)}/v1"
    for url in dict.fromkeys([base, usual] if _ENDS_AT_DOOR.search(base) else [usual, base]):
        yield Question(Address("openai", url, headers=headers, clocks=CLOCKS))


def _root(base: str) -> str:
    """The address before its version: people paste what their vendor's page shows."""
    found = _VERSION.search(base)
    return base[: found.start()] if found else base


def _search(doors: Iterable[Question], placements: Iterable[KeyPlacement]) -> Search:
    """Proposes questions on one wire; is told what went wrong with each."""
    places = iter(placements)
    place: KeyPlacement | None = next(places)
    for door in doors:
        question = _with_key_at(door, place)
        error = yield question
        while _is_about_key(error):
            if (place := next(places, None)) is None:
                return
            question = _with_key_at(door, place)
            error = yield question
        if not _is_about_place(error):
            yield from _plainer(question)
            return


def _with_key_at(question: Question, place: KeyPlacement | None) -> Question:
    return replace(question, address=replace(question.address, key_placement=place or "bearer"))


def _plainer(question: Question) -> Iterator[Question]:
    """The door opens and the key is taken, so it is the form of the question: less and less is asked for."""
    if question.address.wire == "gemini":
        question = replace(question, address=replace(question.address, ask_sse=False))
    else:
        question = replace(question, limited=False)
    yield question
    yield replace(question, address=replace(question.address, streaming=False))


def _is_about_key(error: VendorError) -> bool:
    unclear = isinstance(error, BadRequest | VendorDown)
    return isinstance(error, KeyRefused | PageInstead) or (unclear and _ABOUT_KEYS.search(error.quote) is not None)


def _is_about_place(error: VendorError) -> bool:
    """Nothing of the kind stands here: also a page, or something that ends without having been a reply."""
    unclear = isinstance(error, BadRequest)
    return isinstance(error, ModelNotFound | BadReply | CutOff) or (
        unclear and _ABOUT_PLACES.search(error.quote) is not None
    )
