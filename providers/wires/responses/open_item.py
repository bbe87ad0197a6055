"""An item of a reply under way: its fields and words, and what a whole text says beyond them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Raw = Mapping[str, Any]

SUMMARY, THOUGHT, ANSWER, REFUSAL = "reasoning_summary_text", "reasoning_text", "output_text", "refusal"
"""The kinds of an item's texts, as the vendor calls them."""
_ASIDE = "commentary"


@dataclass(slots=True)
class OpenItem:
    """An item under way: its fields, its words so far, and where each of its texts begins in the answer."""

    fields: Raw = field(default_factory=dict)
    said: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    of_kind: dict[str, list[str]] = field(default_factory=dict)
    """All words of a kind, whatever their index."""
    starts: dict[int, int] = field(default_factory=dict)
    input: list[str] = field(default_factory=list)
    """The arguments of a call, in pieces."""
    is_done: bool = False

    @property
    def is_aside(self) -> bool:
        """Return whether this is a message about the work, and not the answer."""
        return self.fields.get("phase") == _ASIDE

    @property
    def is_silent(self) -> bool:
        """Return whether nothing has come but the news of the item."""
        return not (self.of_kind or self.input)

    def add(self, kind: str, index: int, words: str) -> None:
        """Add words to the text of this kind and index."""
        self.of_kind.setdefault(kind, []).append(words)
        self.said.setdefault((kind, index), []).append(words)

    def words(self, kind: str, index: int) -> str:
        """Return the words so far of one text."""
        return _joined(self.said.get((kind, index), []))

    def beyond(self, kind: str, index: int, whole: str) -> str:
        """Return what a whole text says beyond its deltas. vLLM counts their index up with each: vllm#35184."""
        of_all = _joined(self.of_kind.get(kind, []))
        said = of_all if whole.startswith(of_all) else self.words(kind, index)
        return whole[len(said) :] if whole.startswith(said) else ""

    def is_told_otherwise(self, kind: str) -> bool:
        """Return whether the same thoughts are told already: summarized, or in full."""
        return kind != ANSWER and not self.of_kind.keys() <= {kind}

    def is_next(self, kind: str, index: int) -> bool:
        """Return whether words of this index begin another text of their kind."""
        return kind in self.of_kind and (kind, index) not in self.said


def _joined(pieces: list[str]) -> str:
    pieces[:] = ["".join(pieces)]  # joined once: the next look starts from the joined text
    return pieces[0]
