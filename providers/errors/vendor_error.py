"""The class of all failed calls of vendors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import ClassVar, Self

from providers.errors.quoting import SAID, SAID_OF_QUESTION, WAITS, cut

_LONGEST_TOLD_WAIT = 24 * 3600


class VendorError(Exception):
    """A failed call of a vendor, with the sentence that a person is shown.

    `code` is the public reply code. `vendor_fault` is True when the vendor failed and False when a key, a setting or
    the question is the cause. `retriable` is True if the same call may succeed later. `retry_after` is the wait that
    the vendor asks for: seconds. `parameter` names the request parameter that was refused, if one was. `unsupported` is
    True if the vendor does not know it, or this value of it, at all. `quote` is the vendor's message, whole until the
    key in it is masked; `text` shows its beginning. `because` is the exact reason, if there is one, with the names of
    `about` in it as `%(name)s`. `evidence` are the words of the vendor's message that named this class of error.
    `quotes_question` is True if the message repeats words of the question, `names_model` if it names the model.
    """

    code: ClassVar[str]
    sentence: ClassVar[str]
    vendor_fault: ClassVar[bool] = True
    retriable: ClassVar[bool] = False

    def __init__(
        self,
        quote: str = "",
        *,
        because: str = "",
        about: Mapping[str, object] | None = None,
        retry_after: float | None = None,
        parameter: str = "",
        unsupported: bool = False,
    ) -> None:
        super().__init__()
        self.quote = quote
        self.because = because
        self.about = about or {}
        self.retry_after = retry_after
        self.parameter = parameter
        self.unsupported = unsupported
        self.is_doubtful = self.is_page = self.quotes_question = self.names_model = False
        self.evidence: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return the reason as an English sentence, with the wait and the vendor's message."""
        reason = self.reason() + (WAITS % self.wait if self.wait else "")
        said = SAID_OF_QUESTION if self.is_doubtful or self.quotes_question else SAID
        return f"{reason}{said}{self.quoted}" if self.quoted else reason

    @property
    def wait(self) -> int:
        """Return the wait that people are told: whole seconds, 0 for none."""
        seconds = math.ceil(self.retry_after or 0) if self.retriable else 0
        return seconds if seconds <= _LONGEST_TOLD_WAIT else 0

    @property
    def quoted(self) -> str:
        """Return at most 200 characters of the vendor's message."""
        return cut(self.quote)

    def reason(self, translate: Callable[[str], str] = str) -> str:
        """Return the reason in the language of `translate`, which gets English text."""
        sentence = translate(self.because or self.sentence)
        return sentence % self.about if self.about else sentence

    def doubted(self, is_doubtful: bool, is_page: bool = False) -> Self:
        """Set how certain the error is, and return it.

        `is_doubtful`: it may concern this question alone, so no cooldown starts before a plain call has failed too.
        `is_page`: its body is not in the form of any vendor's API errors.
        """
        self.is_doubtful, self.is_page = is_doubtful, is_page
        return self

    def __str__(self) -> str:
        return self.text
