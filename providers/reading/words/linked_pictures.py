"""Pictures that stand in the text as Markdown images with a web address, as chat gateways send them.

Source: DMXAPI's documents (Seedream answers with a link in the text), and public issues of new-api.
"""

from __future__ import annotations

import re

from providers.reading.words.data_pictures import Lines
from providers.types import Part

_IMAGE = re.compile(
    r"!\[[^\[\]\n]{0,300}\]\(\s?<?(https?://[^\s()<>\"]{1,4000})>?(?:\s+\"[^\"\n]{0,300}\")?\s?\)", re.IGNORECASE
)
_MAX_HELD = 5_000
_START = re.compile(r"!\[[^\n]*\Z|!\Z")


class LinkedPictures:
    """The search for such images in a text that arrives in pieces. Those in a block of code are words about one."""

    def __init__(self) -> None:
        self._held = ""
        self._lines = Lines()

    def feed(self, text: str) -> list[str | Part]:
        """Return text and links in their order; holds back what may become a link."""
        if not self._held and "!" not in text:
            self._lines.add(text)
            return [text] if text else []
        text, found = self._held + text, []
        start = _START.search(text, max(0, text.rfind("!") if "![" not in text else text.rfind("![")))
        end = start.start() if start and len(text) - start.start() <= _MAX_HELD else len(text)
        whole = _IMAGE.match(text, end)
        end = whole.end() if whole else end
        self._held = text[end:]
        found = self._split(text[:end])
        return [piece for piece in found if piece]

    def flush(self) -> list[str | Part]:
        """Return what was held back."""
        held, self._held = self._held, ""
        return [piece for piece in self._split(held) if piece]

    def _split(self, text: str) -> list[str | Part]:
        found: list[str | Part] = []
        at = 0
        for image in _IMAGE.finditer(text):
            before = text[at : image.start()]
            self._lines.add(before)
            if self._lines.is_in_code:
                self._lines.add(image[0])
                found += [before, image[0]]
            else:
                found += [before, Part("image", "", {"uri": image[1]})]
            at = image.end()
        self._lines.add(text[at:])
        return [*found, text[at:]]
