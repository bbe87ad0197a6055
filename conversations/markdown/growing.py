"""Rendering of a whole text, and of a text that is still arriving; another process does the work."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from time import monotonic

from django.utils.safestring import SafeString, mark_safe

from conversations.markdown.code.blocks import OpenFence
from conversations.markdown.patches.outline import units
from conversations.markdown.plain import plain_paragraph
from conversations.markdown.process.child import Answer, Away, Child, OverBudget, Question
from conversations.markdown.source_marks import Mark, places

# An open block is rendered again at each update up to this many characters, and less and less often beyond it.
EAGER_CHARACTERS = 2048
# One that had n characters waits for n²/RENDER_DIVISOR new ones, at most n/4: the work stays linear in its length.
RENDER_DIVISOR = 65_536
# Characters rendered in one question, so that long texts share the process with others.
SLICE = 16_384
# Characters of a longer block rendered in one question; a block beyond that is cut: a list goes on as another list.
MAX_UNSETTLED = 65_536
# Slices of one text that may take too long; after that the rest is shown as it was written.
MAX_FAILURES = 3
FORMULA_SECONDS = 1.0
"""Processor time for all formulas of one reply."""
PATIENCE_SECONDS = 10.0
"""Seconds that a text waits for its turn to be rendered."""
EACH = 0.0005
"""Seconds charged for each question besides its rendering; counts for many short texts between parts."""

_LINE_END = re.compile(r"\n(?=\S)")
# Marks a part that is no text among the closed blocks; shows nothing.
PART = mark_safe("<!--part-->")

child = Child()


def render(text: str) -> SafeString:
    """Return the whole text as sanitised HTML, or as it was written if it cannot be rendered now."""
    try:
        return rendered(text)
    except Away:
        return plain(text)


@dataclass(slots=True)
class Work:
    """The processor time left for several texts together: seconds; text beyond it is shown as it was written."""

    left: float = 5.0


def rendered(
    text: str, marks: Sequence[Mark] = (), seconds: float = PATIENCE_SECONDS, work: Work | None = None
) -> SafeString:
    """Return the whole text as sanitised HTML with its sources' numbers; raises Away after so many seconds."""
    return GrowingMarkdown(work or Work()).whole(text, marks, monotonic() + seconds)


@dataclass(frozen=True, slots=True)
class Piece:
    """A text's closed blocks as HTML, its open rest as HTML, and the place between the two.

    `end` counts UTF-16 units.
    """

    done: SafeString
    live: SafeString
    end: int


def rendered_piece(text: str, work: Work, seconds: float, *, is_ended: bool) -> Piece:
    """Return a text that may go on, or has ended, as HTML; plain where it takes more seconds."""
    growing = GrowingMarkdown(work)
    growing.update(text, seconds)
    if is_ended:
        growing.close(seconds)
    return Piece(_joined(growing.done), growing.live, growing.end)


def plain(text: str) -> SafeString:
    """Return the text as HTML, as it was written."""
    return mark_safe(plain_paragraph(text)) if text else SafeString()  # noqa: S308 (escaped)


@dataclass(frozen=True, slots=True)
class Rendered:
    """The changes of one update: the blocks that closed, and the HTML that replaces the open rest."""

    done: tuple[SafeString, ...]
    live: SafeString


class GrowingMarkdown:
    """One streaming reply; every piece of HTML that it returns is sanitised or escaped.

    `''.join(done) + live` equals `render(text)`, or that of each text between two parts with PART there. There are two
    exceptions. Code is not highlighted while its fence is the end of the text. The newest piece of an open block over
    EAGER_CHARACTERS may be plain text, like all text that renders too slowly.
    """

    def __init__(self, work: Work | None = None) -> None:
        self.live = SafeString()
        self._places: list[tuple[int, int]] = []
        self._done: list[SafeString] = []
        self._text = ""
        self._start = 0  # the offset of the first open block in the text
        self._rendered = SafeString()  # the open rest at the last parsing
        self._rendered_up_to = 0  # the length of the text at the last parsing
        self._fence: OpenFence | None = None
        self._formulas = FORMULA_SECONDS
        self._work = work or Work(inf)
        self._failures = 0
        self._until = 0.0

    @property
    def done(self) -> tuple[SafeString, ...]:
        """Return all blocks closed so far."""
        return tuple(self._done)

    @property
    def end(self) -> int:
        """Return the length of the closed blocks' text: UTF-16 units."""
        return units(self._text[: self._start])

    def update(self, text: str, seconds: float = PATIENCE_SECONDS) -> Rendered:
        """Take the whole text so far, which begins with the previous update's text, and return the changes."""
        closed, start = len(self._done), self._start
        self._text, self._until = text, monotonic() + seconds
        try:
            self._show()
        except Away:
            self.live = self._unrendered(is_known=start == self._start)
        return Rendered(tuple(self._done[closed:]), self.live)

    def close_before_part(self, text: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Close the open block at the end of `text`, the whole text so far, because another kind of part follows."""
        self._text = text
        self.close(seconds)
        self._done.append(PART)

    def close(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Close the open block because the text has ended, as it was written if it cannot be rendered now."""
        self._until = monotonic() + seconds
        try:
            self.finish()
        except Away:
            self._close_plain(len(self._text))
            self.live = SafeString()

    def whole(self, text: str, marks: Iterable[Mark], until: float) -> SafeString:
        """Return the HTML of a complete text; raises Away."""
        self._text, self._places, self._until = text, places(text, marks), until
        return self.finish()

    def finish(self) -> SafeString:
        """End the text and return exactly `render(text)`, at the cost of the open block only."""
        self._fence = None
        self._pass_slices()
        self._close(len(self._text))
        self._rendered_up_to = len(self._text)
        self._rendered = self.live = SafeString()
        return _joined(self._done)

    def _show(self) -> None:
        if self._is_given_up:
            self.live = plain(self._text[self._start :])
        elif self._fence and self._fence.holds(self._text):
            self.live = mark_safe(self._fence.html(self._text))  # noqa: S308 (escaped)
        elif self._fence or self._is_due():
            self._parse()
        else:
            self.live = _joined((self._rendered, plain(self._text[self._rendered_up_to :])))

    def _unrendered(self, *, is_known: bool) -> SafeString:
        """Return the open rest without rendering: a fence as code, other new words as they were written."""
        fence = OpenFence.at_start_of(self._text, self._start)
        if fence is not None:
            is_open = fence.holds(self._text)
            end = len(self._text) if is_open or fence.closed_by is None else fence.closed_by.end()
            return _joined((fence.html(self._text), plain(self._text[end:].strip("\n"))))
        if is_known and self._rendered_up_to > self._start:
            return _joined((self._rendered, plain(self._text[self._rendered_up_to :])))
        return plain(self._text[self._start :])

    @property
    def _is_given_up(self) -> bool:
        return self._failures >= MAX_FAILURES or self._work.left <= 0

    def _is_due(self) -> bool:
        rendered = self._rendered_up_to - self._start
        enough = min(rendered**2 / RENDER_DIVISOR, rendered / 4)
        return len(self._text) - self._start <= EAGER_CHARACTERS or len(self._text) - self._rendered_up_to >= enough

    def _parse(self) -> None:
        while True:
            self._leave_fence()
            self._pass_slices()
            if self._is_in_fence():
                assert self._fence
                self.live = mark_safe(self._fence.html(self._text))  # noqa: S308 (escaped)
                return
            if self._fence:
                continue
            self._rendered = self.live = self._step(len(self._text))
            self._rendered_up_to = len(self._text)
            if not OpenFence.at_start_of(self._text, self._start):
                return

    def _leave_fence(self) -> None:
        """Close a fence's block once its closing line is whole, without waiting for the next block."""
        if self._fence and self._fence.closed_by:
            self._close(self._fence.closed_by.end())
        self._fence = None

    def _is_in_fence(self) -> bool:
        self._fence = OpenFence.at_start_of(self._text, self._start)
        return self._fence is not None and self._fence.holds(self._text)

    def _pass_slices(self) -> None:
        """Close the blocks that are more than a slice before the end."""
        size = SLICE
        while len(self._text) - self._start > size and not self._is_given_up:
            begun = self._start
            self._step(begun + size)
            if self._start > begun:
                size = SLICE
            elif self._is_in_fence():
                return
            elif self._fence:
                self._leave_fence()
            elif size < MAX_UNSETTLED:
                size *= 2
            else:
                self._close(self._cut(begun + size))

    def _cut(self, end: int) -> int:
        """Return where a block that is too long is cut: behind its last line before one without an indent."""
        unindented = [match.end() for match in _LINE_END.finditer(self._text, self._start, end)]
        return unindented[-1] if unindented else self._text.rfind("\n", self._start, end) + 1 or end

    def _step(self, end: int) -> SafeString:
        """Close the blocks up to `end` that no more text can change, and return the open rest."""
        try:
            return self._take(self._ask(end, is_whole=False))
        except OverBudget:
            self._fail(end)
            return plain(self._text[self._start : end])

    def _close(self, end: int) -> None:
        """Close all blocks up to `end`."""
        if self._is_given_up:
            self._close_plain(end)
        elif end > self._start or (not end and self._places):
            try:
                self._take(self._ask(end, is_whole=True))
            except OverBudget:
                self._failures += 1
                self._close_plain(end)

    def _ask(self, end: int, *, is_whole: bool) -> Answer:
        begin = self._start
        first, last = (bisect_right(self._places, (at, inf)) for at in (begin or -1, end))
        places = [(at - begin, number) for at, number in self._places[first:last]]
        question = Question(self._text[begin:end], is_whole, places, self._formulas)
        try:
            return child.render(question, seconds=self._until - monotonic())
        except OverBudget:
            self._work.left -= question.seconds
            raise

    def _take(self, answer: Answer) -> SafeString:
        self._done.extend(map(mark_safe, answer.done))
        self._start += answer.start
        self._formulas = answer.formulas
        self._work.left -= answer.seconds + EACH
        return mark_safe(answer.live)  # noqa: S308 (the child's last step is the sanitizer)

    def _fail(self, end: int) -> None:
        """Show a slice as it was written, up to the end of a line, and continue after it."""
        self._failures += 1
        self._close_plain(self._text.rfind("\n", self._start, end) + 1 or end)

    def _close_plain(self, end: int) -> None:
        if end > self._start:
            fence = OpenFence.at_start_of(self._text[:end], self._start)
            text = fence.html(self._text[:end]) if fence else plain(self._text[self._start : end])
            self._done.append(mark_safe(text))  # noqa: S308 (escaped)
            self._start = end


def _joined(pieces: Iterable[str]) -> SafeString:
    return mark_safe("".join(pieces))  # noqa: S308 (every piece was sanitised or escaped)
