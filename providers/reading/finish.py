"""Whether the finish that a vendor reports is the end of its reply: some gateways put one on every event."""

from __future__ import annotations


class FinishState:
    """Judges the finishes of one reply by where they stand.

    A finish on its own is the end, and so is one beside words when words without one came before. What may still
    follow it, such as token counts, is waited for only a little.
    One beside the first words is either a short reply or a gateway that marks every event: the vendor is listened to
    as if it had not come. Should it fall silent, the OpenAI wire lacks its end marker, so the reply is not whole. The
    Gemini wire has no marker and some of its vendors keep the connection open: the finish is all that they ever say.
    Words that follow a finish show that it meant nothing: then only one on its own counts, or the end of the body.
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
        """Whether the reply is whole even if its body never ends, or breaks."""
        return self.is_reached or (self._finished and not self._is_habit and not self._has_marker)

    def words(self) -> None:
        """Notes words without a finish."""
        self._spoke = self._spoke_unmarked = True
        self._is_habit = self._finished
        self.is_reached = False

    def finish(self, *, beside_words: bool, is_blocked: bool) -> None:
        """Notes a finish; a block ends a reply wherever it stands."""
        if is_blocked or not self._streaming:
            self.is_reached = True
        elif beside_words:
            self._spoke = True
            self._is_habit = self._finished
            self.is_reached = self._spoke_unmarked and not self._is_habit
        else:
            # Before the first word it may be the role that a gateway marks, where an end marker is still to come.
            self.is_reached = self._spoke or not self._has_marker
        self._finished = True
