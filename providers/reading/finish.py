"""The decision whether a reported finish ends the reply, and what of the reply is missing before it."""

from __future__ import annotations

from providers.errors import BadReply, CutOff, NothingSaid, VendorError
from providers.reading.body import BodyDecoder
from providers.types import Part
from providers.wires.vendor_errors.shapes import readable, text_of


class FinishState:
    """The state of one reply's finish, judged by where each reported finish stands: some gateways mark every event.

    A finish on its own ends the reply. So does one beside words, if words without a finish came before. After the
    finish, the call waits briefly for late data such as token counts.

    A finish beside the first words is ambiguous: a short reply, or a gateway that marks every event. Reading goes on as
    if it had not come. If the vendor then falls silent, an OpenAI reply lacks its end marker and is not whole. The
    Gemini wire has no marker, and some of its vendors keep the connection open: there the finish counts.

    Words after a finish show that the finish meant nothing. From then on only a finish on its own, or the end of the
    body, ends the reply.
    """

    def __init__(self, *, has_marker: bool, streaming: bool) -> None:
        self.is_reached = False
        self._has_marker = has_marker
        self._streaming = streaming
        self._spoke = False
        self._spoke_unmarked = False
        self._finished = False
        self._is_habit = False

    @property
    def is_believed(self) -> bool:
        """Return whether the reply counts as whole even if its body never ends, or breaks."""
        return self.is_reached or (self._finished and not self._is_habit and not self._has_marker)

    def words(self) -> None:
        """Record words without a finish."""
        self._spoke = self._spoke_unmarked = True
        self._is_habit = self._finished
        self.is_reached = False

    def finish(self, *, beside_words: bool, is_blocked: bool) -> None:
        """Record a finish. With `is_blocked` it ends the reply wherever it stands."""
        if is_blocked or not self._streaming:
            self.is_reached = True
        elif beside_words:
            self._spoke = True
            self._is_habit = self._finished
            self.is_reached = self._spoke_unmarked and not self._is_habit
        else:
            # Before the first word, a gateway that marks every event may have marked the role. A finish there counts
            # only on a wire without an end marker.
            self.is_reached = self._spoke or not self._has_marker
        self._finished = True


def fault_at_end(body: BodyDecoder, *, has_spoken: bool, is_foreign: bool) -> VendorError:
    """Return the error of a reply that is not whole at the end of its body."""
    if has_spoken:
        return CutOff()
    if is_foreign and not body.alien:
        # Another vendor's events, or only those about the call: a question may have cut the rest off.
        return BadReply().doubted(True)
    if body.is_blank or ((body.done or body.is_one_object) and not body.alien):
        return NothingSaid()
    if body.alien_line:
        # A server on the way sends one line, or a bare value, as it sends a page: no vendor's API answers so.
        return BadReply(readable(text_of(body.alien_line))).doubted(True, is_page=True)
    return BadReply() if body.alien else CutOff()


class Gaps:
    """The unread bytes since the last part of kind `gap`. One part stands for all that is missing in one place.

    Unread bytes behind the end of a reply are no gap. They become one when words follow: then it was not the end.
    """

    def __init__(self) -> None:
        self.are_noted = False
        self._bytes = 0
        self._bytes_behind_end = 0

    def note(self, size: int, *, is_over: bool) -> None:
        """Add unread bytes; `is_over` says whether the reply seemed to have ended before them."""
        self.are_noted = True
        if is_over:
            self._bytes_behind_end += size
        else:
            self._bytes += size

    def before_content(self) -> Part | None:
        """Return the part that stands before the next words, if any."""
        self.are_noted = False
        self._bytes, self._bytes_behind_end = self._bytes + self._bytes_behind_end, 0
        return self.at_end()

    def at_end(self, unsaid: int = 0) -> Part | None:
        """Return the part that stands at the end of the reply, if any; `unsaid` more bytes are missing somewhere."""
        size, self._bytes = self._bytes + unsaid, 0
        return Part("gap", detail={"bytes": size}) if size else None
