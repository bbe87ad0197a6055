"""Words that a vendor sends again: deltas that repeat everything so far, and whole messages behind deltas."""

from __future__ import annotations

MAX_DELTAS = 16
"""Deltas held back until it is clear whether they repeat each other."""
_MIN_DELTAS = 3
_MIN_PAIR_LENGTH = 8
_SURE_DELTAS, _SURE_LENGTH = 5, 40
_MAX_PLACES = 100


class CumulativeText:
    """The text of one reply whose deltas may each repeat everything so far.

    A model that repeats itself must not lose a word. So the text counts as cumulative only if three things are true.
    From its first delta on, each begins with all of the one before and adds to it. A usual stream fails this at its
    second delta, and is not looked at again. The text is not one thing said again and again. `ha`, `haha`, `hahahaha`
    may be the pieces of a long laugh. If the deltas were pieces, two words would be joined without a gap:
    `HelloHello from`. Many long deltas count without that.

    Three deltas are enough to know, at the end of the reply two long ones. Until then all but the first are held back.
    """

    def __init__(self) -> None:
        self.is_settled = False
        """True once the deltas are known to add to each other; they need not be fed any more."""
        self._is_cumulative = False
        self._deltas: list[str] = []
        self._said = ""

    def feed(self, text: str) -> str:
        """Return the words of a delta that are new, as far as they can be told now."""
        if self.is_settled or not text:
            return text
        if self._is_cumulative:
            return self._grown(text)
        if not self._deltas:
            self._deltas.append(text)
            return text
        last = self._deltas[-1]
        may_repeat = text.startswith(last) and (text != last or len(self._deltas) > 1)
        self._deltas.append(text)
        if not may_repeat or len(self._deltas) > MAX_DELTAS:
            return self._settled()
        return self._recognised() if self._repeats(_MIN_DELTAS) else ""

    def flush(self) -> str:
        """Return the words held back, when the text ends or a part follows it."""
        if self._is_cumulative or len(self._deltas) < 2:
            return ""
        is_pair = len(self._deltas[0]) >= _MIN_PAIR_LENGTH and self._repeats(2)
        return self._recognised() if is_pair else self._settled()

    def _grown(self, text: str) -> str:
        if self._said.startswith(text):
            return ""
        rest = text.removeprefix(self._said)
        self._said = text if rest != text else self._said + text
        return rest

    def _settled(self) -> str:
        held, self.is_settled, self._deltas = self._deltas[1:], True, []
        return "".join(held)

    def _recognised(self) -> str:
        first, self._said = self._deltas[0], self._deltas[-1]
        self._is_cumulative, self._deltas = True, []
        return self._said[len(first) :]

    def _repeats(self, least: int) -> bool:
        grown = list(dict.fromkeys(self._deltas))
        if len(grown) < least or _is_refrain(grown[-1], grown[0]):
            return False
        joins_words = grown[0][0].isalnum() and any(text[-1].isalnum() for text in grown[:-1])
        return joins_words or (len(grown) >= _SURE_DELTAS and len(grown[-1]) >= _SURE_LENGTH)


def rest_beyond(said: str, whole: str) -> str | None:
    """Return what `whole` says beyond `said`, or None if it does not begin with it; blanks around do not count."""
    core, start = said.strip(), len(whole) - len(whole.lstrip())
    if not core:
        return whole
    if not whole.startswith(core, start):
        return None
    rest, blanks = whole[start + len(core) :], said[len(said.rstrip()) :]
    return rest.removeprefix(blanks) if rest.strip() else ""


def unsaid(said: str, whole: str) -> int:
    """Return the bytes of `whole` that were not said, between the beginning and the end that both texts share.

    Only letters and digits count: gateways clean the rest.
    """
    said, whole = "".join(filter(str.isalnum, said)), "".join(filter(str.isalnum, whole))
    if whole in said:
        return 0
    beginning = _shared(said, whole)
    said, whole = said[beginning:], whole[beginning:]
    return len(whole[: len(whole) - _shared(said[::-1], whole[::-1])].encode("utf-8", "replace"))


def _shared(first: str, second: str) -> int:
    """Return the length of the beginning that both texts share."""
    differing = (at for at, (one, other) in enumerate(zip(first, second, strict=False)) if one != other)
    return next(differing, min(len(first), len(second)))


def _is_refrain(text: str, first: str) -> bool:
    """Return whether `text` is one thing said again and again, beginning with `first`."""
    at = text.find(first, 1)
    for _ in range(_MAX_PLACES):
        if at < 0:
            return False
        if text.startswith(text[at:]):
            return True
        at = text.find(first, at + 1)
    return True
