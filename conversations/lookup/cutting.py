"""The cutting of a file's text into passages: at headings and pages, then at paragraphs, rows and sentences."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from conversations.models.projects.passage import PLACE_LENGTH
from conversations.text import title_of
from conversations.usage.token_counts import tokens

MAX_CHARACTERS, MAX_PASSAGES = 2_000_000, 10_000
"""Characters and passages of one file; what follows is not looked up."""
MAX_TOKENS = 320
"""Tokens of one passage."""
_HEADING = re.compile(r"(#{1,6})[ \t]+(\S.*)")
_CHAPTER = re.compile(r"第[零〇一二两三四五六七八九十百千\d]{1,7}(?:([编篇])|([章])|(节))(?:[\s:：、.].{0,40}|$)")
"""A heading of a Chinese text without marks: its part, chapter or section."""
_PAGE = re.compile(r"Page (\d+)")
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_BLANK = re.compile(r"\n[ \t]*\n")
_SENTENCE = re.compile(r"[^\n。！？!?；.]*(?:[。！？!?；.]+[”’」』）)\"]*[ \n]?|\n|$)")
_TABLE = re.compile(r"\|.*\|\n\|(?: ?:?-+:? ?\|)+(?:\n|$)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage of a text, and the page or the headings under which it stands."""

    place: str
    text: str


def cut(text: str) -> tuple[list[Piece], bool]:
    """Return the passages of a text, and whether it is longer than what they hold."""
    pieces: list[Piece] = []
    for place, section in _sections(text[:MAX_CHARACTERS]):
        pieces += [Piece(place, passage) for passage in _passages(section)]
        if len(pieces) > MAX_PASSAGES:
            break
    return pieces[:MAX_PASSAGES], len(pieces) > MAX_PASSAGES or len(text) > MAX_CHARACTERS


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Yield each section with its place; lines of code are no headings."""
    path: dict[int, str] = {}
    lines: list[str] = []
    is_code = False
    for line in text.replace("\r\n", "\n").replace("\x00", "").split("\n"):
        is_code ^= _FENCE.match(line) is not None
        found = None if is_code else _heading(line)
        if found is None:
            lines.append(line)
            continue
        yield _place(path), "\n".join(lines)
        level, words = found
        path = {above: name for above, name in path.items() if above < level} | {level: words}
        lines = []
    yield _place(path), "\n".join(lines)


def _heading(line: str) -> tuple[int, str] | None:
    if found := _HEADING.fullmatch(line):
        return len(found[1]), found[2].strip().rstrip("#").rstrip()
    if found := _CHAPTER.match(line.strip()):
        return (found.lastindex or 1) + 1, line.strip()
    return None


def _place(path: dict[int, str]) -> str:
    names = [f"p. {page[1]}" if (page := _PAGE.fullmatch(name)) else name for name in path.values()]
    return title_of(" › ".join(names), PLACE_LENGTH - 1)


def _passages(section: str) -> Iterator[str]:
    paragraphs = (piece.strip("\n") for piece in _BLANK.split(section))
    bounded = (part for one in paragraphs if one.strip() for part in _bounded(one))
    yield from _packed(bounded, "\n\n")


def _bounded(paragraph: str) -> Iterator[str]:
    """Yield a paragraph, or pieces as long as a passage at most; each piece of a table has its head."""
    if tokens(paragraph) <= MAX_TOKENS:
        yield paragraph
    elif (head := _TABLE.match(paragraph)) and tokens(head[0]) <= MAX_TOKENS // 2:
        rows = (piece for row in paragraph[head.end() :].split("\n") for piece in _halves(row))
        room = MAX_TOKENS - tokens(head[0])
        yield from (head[0].rstrip("\n") + "\n" + part for part in _packed(rows, "\n", room))
    else:
        sentences = (piece for found in _SENTENCE.finditer(paragraph) for piece in _halves(found[0]))
        yield from filter(str.strip, _packed(sentences, ""))


def _halves(text: str) -> Iterator[str]:
    """Yield a text without a place to cut it in pieces of half a passage."""
    count = tokens(text)
    if count <= MAX_TOKENS:
        yield text
        return
    size = max(1, len(text) * MAX_TOKENS // (2 * count))
    yield from (text[at : at + size] for at in range(0, len(text), size))


def _packed(pieces: Iterable[str], between: str, room: int = MAX_TOKENS) -> Iterator[str]:
    """Yield as many neighbouring pieces together as fit."""
    together: list[str] = []
    taken = 0
    for piece in pieces:
        count = tokens(piece)
        if together and taken + count > room:
            yield between.join(together)
            together, taken = [], 0
        together.append(piece)
        taken += count
    if together:
        yield between.join(together)
