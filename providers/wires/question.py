"""Words of a question, or its model, in a vendor's error, which may concern these alone."""

from __future__ import annotations

import re
import unicodedata

from providers.errors import VendorError, beginning
from providers.types import Prompt
from providers.wires.refusals.lessons import quotes, words_of

_NO_LETTER = re.compile(r"[\W_]+")


def doubt_if_quoted(error: VendorError, prompt: Prompt) -> None:
    """Mark `error` as doubtful if the words that name it stand in the question too: vendors quote it."""
    said = words_of(prompt)
    error.quotes_question = bool(error.quote) and quotes(beginning(error.quote), said)
    if not error.evidence:
        return
    letters = _letters(said)
    if any(_letters(text) in letters for text in error.evidence):
        error.retry_after = None
        error.doubted(True, error.is_page)


def note_model(error: VendorError, model: str) -> None:
    """Mark `error` if it names the model by the vendor's id: a limit is that model's then."""
    name = re.escape(model.lower())
    named = re.search(rf"(?<![\w.-]){name}(?![\w-])", beginning(error.quote).lower()) if name else None
    error.names_model = error.names_model or named is not None


def _letters(text: str) -> str:
    """Return the letters and digits of `text` in one spelling; vendors quote in several."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", text).lower())
