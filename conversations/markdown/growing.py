"""The two ways to render: a whole text, and a text that is still arriving; the work is done in another process."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from time import monotonic

from django.utils.safestring import SafeString, mark_safe

from conversations.markdown.code_blocks import OpenFence
from conversations.markdown.marks import Mark, places
from conversations.markdown.plain import plain_paragraph
from conversations.markdown.process import Answer, Away, Child, OverBudget, Question

# An open block is rendered anew at every update up to this many characters, and less and less often beyond it.
EAGER_CHARACTERS = 2048
# One that had n characters waits for n²/PATIENCE new ones, at most n/4: the work stays linear in its length.
PATIENCE = 65_536
# Characters that are rendered at once, so that long texts take turns with others,
SLICE = 16_384
# and of a block that is longer; what is longer still is shown as it was written.
MOST = 65_536
# So often may a text have slices that take too long; the rest of it is shown as it was written.
MOST_FAILURES = 3
FORMULA_SECONDS = 1.0
"""Of processor time, that all formulas of one reply may take."""
PATIENT = 10.0
"""Seconds for which a text waits to be rendered."""
EACH = 0.0005
"""Seconds that a question costs besides: of short texts between many parts."""

# Stands among the closed blocks for what is no text, and shows nothing.
PART = mark_safe("<!--part-->")

child = Child()


def render(text: str) -> SafeString:
    """Return the whole text as sanitised HTML; as it was written where it cannot be rendered now."""
    try:
        return rendered(text)
    except Away:
        return plain(text)


@dataclass(slots=True)
class Work:
    """The seconds of processor time that texts may still take together; what is beyond is shown as it was written."""

    left: float = 5.0


def rendered(text: str, marks: Sequence[Mark] = (), seconds: float = PATIENT, work: Work | None = None) -> SafeString:
    """Return the whole text as sanitised HTML, with the numbers of its sources; raises Away after so many seconds."""
    return GrowingMarkdown(work or Work()).whole(text, marks, monotonic() + seconds)


def plain(text: str) -> SafeString:
    """Return text as it was written, as HTML."""
    return mark_safe(plain_paragraph(text)) if text else SafeString()  # noqa: S308 (escaped)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What one update changed: the blocks that closed, and the HTML that replaces the open rest."""

    done: tuple[SafeString, ...]
    live: SafeString


class GrowingMarkdown:
    """One reply while it streams; every piece it hands out is sanitised or escaped HTML.

    `''.join(done) + live` equals `render(text)`, or that of each text between two parts with PART there, except
    that code is not highlighted while its fence is the end of the text, and that the newest part of an open block of
    more than EAGER_CHARACTERS may stand below it as plain text, as all of it does that cannot be rendered in time.
    """

    def __init__(self, work: Work | None = None) -> None:
        self.live = SafeString()
        self._places: list[tuple[int, int]] = []
        self._done: list[SafeString] = []
        self._text = ""
        self._start = 0  # where in the text the first open block begins
        self._rendered = SafeString()  # the open rest when it was last parsed,
        self._rendered_up_to = 0  # and how much of the text that was
        self._fence: OpenFence | None = None
        self._formulas = FORMULA_SECONDS
        self._work = work or Work(inf)
        self._failures = 0
        self._until = 0.0

    @property
    def done(self) -> tuple[SafeString, ...]:
        """All blocks closed so far."""
        return tuple(self._done)

    def update(self, text: str, seconds: float = PATIENT) -> Rendered:
        """Take the whole text so far, which starts with the text of the update before, and say what changed."""
        closed = len(self._done)
        self._text, self._until = text, monotonic() + seconds
        try:
            self._show()
        except Away:
            self.live = plain(text[self._start :])
        return Rendered(tuple(self._done[closed:]), self.live)

    def part(self, text: str, seconds: float = PATIENT) -> None:
        """Say that something else follows `text`, the whole text so far: no later word belongs to its open block."""
        self._text, self._until = text, monotonic() + seconds
        try:
            self.finish()
        except Away:
            self._close_plain(len(text))
        self._done.append(PART)

    def whole(self, text: str, marks: Iterable[Mark], until: float) -> SafeString:
        """Return a text that is complete; raises Away."""
        self._text, self._places, self._until = text, places(text, marks), until
        return self.finish()

    def finish(self) -> SafeString:
        """Say that the text is complete: returns exactly `render(text)`, at the cost of the open block only."""
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

    @property
    def _is_given_up(self) -> bool:
        return self._failures >= MOST_FAILURES or self._work.left <= 0

    def _is_due(self) -> bool:
        rendered = self._rendered_up_to - self._start
        enough = min(rendered**2 / PATIENCE, rendered / 4)
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
        """Close the block of a fence whose closing line is whole, without waiting for the block after it."""
        if self._fence and self._fence.closed_by:
            self._close(self._fence.closed_by.end())
        self._fence = None

    def _is_in_fence(self) -> bool:
        self._fence = OpenFence.at_start_of(self._text, self._start)
        return self._fence is not None and self._fence.holds(self._text)

    def _pass_slices(self) -> None:
        """Close what is further than a slice from the end."""
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
            elif size < MOST:
                size *= 2
            else:
                self._fail(begun + size)

    def _step(self, end: int) -> SafeString:
        """Close the blocks up to here that no more text can change; returns the open rest."""
        try:
            return self._take(self._ask(end, is_whole=False))
        except OverBudget:
            self._fail(end)
            return plain(self._text[self._start : end])

    def _close(self, end: int) -> None:
        """Close all blocks up to here."""
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
        return child.render(question, seconds=self._until - monotonic())

    def _take(self, answer: Answer) -> SafeString:
        self._done.extend(map(mark_safe, answer.done))
        self._start += answer.start
        self._formulas = answer.formulas
        self._work.left -= answer.seconds + EACH
        return mark_safe(answer.live)  # noqa: S308 (the child's last step is the sanitizer)

    def _fail(self, end: int) -> None:
        """Show a slice as it was written, up to the end of a line, and begin anew behind it."""
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
