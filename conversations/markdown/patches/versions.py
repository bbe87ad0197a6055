"""Versions of a growing text as HTML, and the patch from one to a later one."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Any

from conversations.markdown.growing import PART
from conversations.markdown.patches.code_colours import Colours, bare
from conversations.markdown.patches.outline import Outline, levels, nodes_of, units
from conversations.markdown.patches.shorthand import shorten

Patch = dict[str, Any]
_MIN_REFERENCE = 12
"""Characters from which added text is named by its place in the reply's text."""
_MAX_BEHIND = 16
"""Characters that may stand behind such text: white space that is not shown yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """One rendering of a growing text: closed blocks, the open rest, and what a page calls both together."""

    done: tuple[str, ...] = ()
    live: str = ""
    digest: str = "0"
    closed: int = 0
    """The checksum of the closed blocks."""
    live_bare: str = field(default="", repr=False)
    colours: tuple[Colours, ...] = field(default=(), repr=False)

    @classmethod
    def after(cls, before: "Version", done: Sequence[str], live: str) -> "Version":
        """Return the version with these closed blocks, which begin with those of the version before."""
        closed = before.closed
        for block in done[len(before.done) :]:
            closed = zlib.crc32(block.encode(), closed)
        live_bare, colours = bare(live.rstrip("\n"))
        digest = f"{zlib.crc32(live.encode(), closed):x}"
        return cls(tuple(done), live, digest, closed, live_bare, colours)


EMPTY = Version()


class Versions:
    """The newest version of one growing text, and the patch that leads to it from the one before."""

    def __init__(self) -> None:
        self.newest = EMPTY
        self._outline = Outline()

    def add(self, done: Sequence[str], live: str, text: str, others: Sequence[Version] = ()) -> dict[Version, Patch]:
        """Add a version of this whole text; returns the patches that lead to it from the last and from `others`."""
        before, self.newest = self.newest, Version.after(self.newest, done, live)
        patches = {before: patch(before, self.newest, text, self._outline)}
        if len(self.newest.done) > len(before.done):
            self._outline = Outline(self.newest.live_bare)
        for other in others:
            if other is not before:
                patches[other] = patch(other, self.newest, text)
        return patches


def patch(base: Version, version: Version, text: str, outline: Outline | None = None) -> Patch:
    """Return the patch that turns `base` into `version`.

    `outline` is that of the open rest of `base`, and afterwards of the new one. `text` is the whole text of `version`:
    the page has it, too, so words need not be sent twice.
    """
    first, *others = "".join(version.done[len(base.done) :]).split(PART)
    last = others[-1] if others else first
    live = version.live.rstrip("\n")
    made: Patch = {"on": base.digest, "to": version.digest}
    _change(made, base, *bare(first if others else first + live), text, outline)
    if others:
        made["more"] = [*others[:-1], last + live]
    if last:
        made["closed"] = nodes_of(last)
    return made


def end_patch(base: Version, html: str, text: str) -> Patch:
    """Return the patch that turns the open rest of `base` into this HTML, which stays."""
    made: Patch = {}
    _change(made, base, *bare(html), text, None)
    return made


def _change(
    made: Patch, base: Version, html: str, colours: Sequence[Colours], text: str, outline: Outline | None
) -> None:
    """Add to the patch what turns the open rest of `base` into this HTML with these colours."""
    same = _same(base.live_bare, html)
    outline = outline or Outline(base.live_bare)
    if same < max(len(html), len(base.live_bare)):
        same = outline.boundary(same)
        path, nodes, characters = outline.place(same)
        made["at"] = [*path, nodes, characters]
        _add(made, levels(html[same:]), text)
    outline.become(html, same)
    paint = [
        [number, block.runs]
        for number, block in enumerate(colours)
        if block.runs and (block.end > same or block.runs != _runs_of(base, number))
    ]
    if paint:
        made["paint"] = paint


def _runs_of(version: Version, number: int) -> str:
    return version.colours[number].runs if number < len(version.colours) else ""


def _add(made: Patch, pieces: list[str], text: str) -> None:
    """Add HTML to the patch by levels, with short markup; the first may be a place in the text."""
    while pieces and not pieces[-1]:
        pieces.pop()
    if not pieces:
        return
    reference = _reference(pieces[0], text)
    shortened = [shorten(piece) for piece in pieces]
    if None in shortened:
        made["long"] = True
    else:
        pieces = [piece for piece in shortened if piece is not None]
    made["add"] = [reference, *pieces[1:]] if reference else pieces


def _reference(html: str, text: str) -> list[int] | None:
    """Return the place of these words in the text, counted from its end, and their length; None for other HTML."""
    if len(html) < _MIN_REFERENCE or "<" in html:
        return None
    words = unescape(html)
    if escape(words, quote=False) != html or "\r" in words:
        return None
    begin = text.rfind(words, max(0, len(text) - len(words) - _MAX_BEHIND))
    return [units(text[begin:]), units(words)] if begin >= 0 else None


def _same(one: str, other: str) -> int:
    """Return the number of characters with which both begin."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
