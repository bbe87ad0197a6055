"""The body of an ended reply, for a page that holds its last version."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from conversations.markdown.growing import PART
from conversations.markdown.patches.code_colours import bare
from conversations.markdown.patches.outline import elements, end_of_element
from conversations.markdown.patches.versions import Patch, Version, end_patch

Step = list[int] | str
"""Known elements that stay, as [first, behind the last], or HTML between them."""

_TEXT, _THOUGHT, _END = '<div class="message__text">', '<div class="thought__text">', "</div>"
_MAX_COMPARED = 500_000
"""Characters of a text that differs from what the page holds, up to which it is compared block by block."""


@dataclass(slots=True)
class _Ended:
    """A body with its texts apart: what is around them, and what turns those of the page into them."""

    around: str
    texts: dict[str, list[Step]]
    colours: dict[str, list[list[int | str]]]
    patch: Patch


class _Element(NamedTuple):
    """A block without colours, and those of each code in it."""

    html: str
    colours: list[str]

    @classmethod
    def of(cls, html: str) -> "_Element":
        plain, colours = bare(html.strip("\n"))
        return cls(plain, [block.runs for block in colours])


def ended_patch(base: Version, body: str, text: str) -> Patch | None:
    """Return the patch that turns a page at `base` into this body, or None if they differ too much.

    The page keeps each text's blocks by number, and its only thought as it came.
    """
    streamed = list(_streamed(base))
    ended = _Ended("", {}, {}, {})
    end = 0
    while (at := body.find(_TEXT, end)) >= 0:
        begin = at + len(_TEXT)
        found = _compared(ended, base, body, begin, streamed.pop(0), text) if streamed else None
        if found is None:
            return None
        ended.around += body[end:begin]
        end = found
    if streamed:
        return None
    ended.around += body[end:]
    return _told(base, ended)


def _streamed(base: Version) -> Iterator[tuple[int, str, bool]]:
    """Yield the number and the closed blocks of each text that shows something, and whether it is the open one."""
    texts = "".join(base.done).split(PART)
    for number, blocks in enumerate(texts):
        is_last = number == len(texts) - 1
        if blocks or (is_last and base.live):
            yield number, blocks, is_last


def _compared(
    ended: _Ended, base: Version, body: str, begin: int, known: tuple[int, str, bool], text: str
) -> int | None:
    """Note how this text of the body differs from what the page has of it; returns its end, or None."""
    number, blocks, is_last = known
    if body.startswith(blocks, begin):
        open_at = begin + len(blocks)
        end = open_at if body.startswith(_END, open_at) else end_of_element(body, open_at)
        if is_last and end >= 0:
            ended.patch = end_patch(base, body[open_at:end], text)
            return end
        if end == open_at:
            return end
    end = end_of_element(body, begin)
    if end < 0 or end - begin > _MAX_COMPARED:
        return None
    known_elements = list(elements(blocks + base.live if is_last else blocks))
    ended.texts[str(number)], ended.colours[str(number)] = _steps(known_elements, elements(body[begin:end]))
    return end


def _steps(known: Sequence[str], ended: Iterable[str]) -> tuple[list[Step], list[list[int | str]]]:
    """Return which known elements stay, with the HTML between them, and the colours of code that change.

    An element that differs in its colours alone stays: they depend on how busy the renderer was.
    """
    blocks = [_Element.of(html) for html in known]
    places: dict[str, list[int]] = {}
    for number, block in enumerate(blocks):
        places.setdefault(block.html, []).append(number)
    steps: list[Step] = []
    paint: list[list[int | str]] = []
    first = at = codes = 0
    new = ""
    for html in ended:
        element = _Element.of(html)
        same = next((place for place in places.get(element.html, ()) if place >= at), None)
        if same is None:
            new += element.html + "\n"
        elif new or same != at:
            steps += _told_steps(first, at, new)
            first, new = same, ""
        runs = blocks[same].colours if same is not None else [""] * len(element.colours)
        paint += (
            [codes + number, now]
            for number, (was, now) in enumerate(zip(runs, element.colours, strict=True))
            if was != now
        )
        codes += len(element.colours)
        at = at if same is None else same + 1
    return [*steps, *_told_steps(first, at, new)], paint


def _told_steps(first: int, at: int, new: str) -> Iterator[Step]:
    if at > first:
        yield [first, at]
    if new:
        yield new


def _told(base: Version, ended: _Ended) -> Patch:
    told = {"on": base.digest, **ended.patch}
    if ended.texts:
        told["texts"] = ended.texts
    if colours := {number: paint for number, paint in ended.colours.items() if paint}:
        told["colours"] = colours
    around = _without_thought(ended.around)
    if around != _TEXT + _END:
        told["around"] = around
    return told


def _without_thought(around: str) -> str:
    """Leave out the words of a thought that is the only one, because the page has them."""
    if around.count(_THOUGHT) != 1:
        return around
    begin = around.index(_THOUGHT) + len(_THOUGHT)
    return around[:begin] + around[end_of_element(around, begin) :]
