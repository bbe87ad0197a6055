"""The encoding of a text, told from its bytes: Unicode, else the one whose characters people write most often.

Detectors for all languages misread short Chinese texts. Of six in GB18030, charset-normalizer 3.5 took four for Big5 or
Korean. So the few encodings of our users are all decoded strictly. Then frequent characters are counted.
"""

import codecs
import re
from collections.abc import Iterator

from conversations.files.converting.frequent_characters import HANGUL, HANZI, HANZI_FIRST

SAMPLE = 2**16
"""Bytes that are enough to tell an encoding."""
MIN_SCORE = 0.4
"""Average weight of the characters beyond ASCII from which a guess counts."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WITHOUT_MARK = ("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "utf-16-le", "utf-16-be", "cp1252", "cp1251")
"""Encodings of texts that are not UTF-8; the first of equals wins."""
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?([A-Za-z0-9_.:-]{3,20})""")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")
_DOUBLE = ("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949")
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
"""Sequences by which programs colour what they write to a terminal."""
WHOLE_FOR_BROKEN, MIN_REPAIRED = 200, 20
"""Whole characters for each that may be broken, and characters of a text from which on one always may be."""
_REPLACEMENT = "\ufffd"
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_PUNCTUATION = frozenset("，。、：；？！“”‘’《》（）「」『』【】…—·％￥〈〉～〔〕")


def decoded(content: bytes) -> str | None:
    """Return the text with this content, or None if it is none in an encoding that we know."""
    for encoding in _candidates(content):
        text = _strictly(content, encoding)
        if text and not _CONTROLS.search(text):
            return text.removeprefix("\ufeff")
    return _repaired(content)


def declared_or_guessed(content: bytes) -> str | None:
    """Return the text of a page of HTML or XML, which may name its encoding in its first kilobyte."""
    named = _DECLARED.search(content[:1024])
    if named and not content.startswith(tuple(mark for mark, _ in _BOMS)):
        encoding = named[1].decode("ascii").lower()
        encoding = "gb18030" if encoding in ("gb2312", "gbk") else encoding
        text = _strictly(content, encoding) if not encoding.startswith(("utf-16", "utf16")) else None
        if text and not _CONTROLS.search(text):
            return text
    return decoded(content)


def _candidates(content: bytes) -> Iterator[str]:
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            yield encoding
            return
    yield "utf-8"
    if b"\x1b$" in content[:SAMPLE] or b"\x1b(" in content[:SAMPLE]:
        yield "iso2022_jp"
    sample = _sample(content)
    scored = ((_score(sample, encoding), -place) for place, encoding in enumerate(_WITHOUT_MARK))
    for score, place in sorted(scored, reverse=True):
        if score >= MIN_SCORE:
            yield _WITHOUT_MARK[-place]
    yield "gb2312"  # a few rare characters are no frequent ones of any encoding


def _strictly(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except (UnicodeError, LookupError, ValueError):
        return None


def _repaired(content: bytes) -> str | None:
    """Return the text of a log with colours or with few broken characters; else None.

    A text that was cut within a character would else be none at all.
    """
    marked = next((encoding for mark, encoding in _BOMS if content.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", *_DOUBLE]:
        # A sample goes first: reading megabytes of what is no text takes long.
        if _is_nearly_whole(_sample(content), encoding, MIN_SCORE) and _is_nearly_whole(content, encoding):
            return _CONTROLS.sub(_REPLACEMENT, _ESCAPES.sub("", content.decode(encoding, "replace")))
    return None


def _is_nearly_whole(content: bytes, encoding: str, least: float | None = None) -> bool:
    """Return whether few characters are broken in this encoding; a double one must have the `least` score, too."""
    text = _ESCAPES.sub("", content.decode(encoding, "replace"))
    whole = _CONTROLS.sub("", text.replace(_REPLACEMENT, ""))
    broken = len(text) - len(whole)
    if broken > len(text) // WHOLE_FOR_BROKEN and (broken > 1 or len(text) < MIN_REPAIRED):
        return False
    return least is None or encoding not in _DOUBLE or _score_of(whole, encoding) >= least


def _sample(content: bytes) -> bytes:
    """Return the bytes by which the encoding is told: those around the first beyond ASCII, which may come late."""
    found = _BEYOND_ASCII.search(content)
    begin = max(0, found.start() - SAMPLE // 2) if found else 0
    return content[begin - begin % 2 :][:SAMPLE]


def _score(sample: bytes, encoding: str) -> float:
    """Return how likely a text in this encoding is."""
    if encoding.startswith("utf-16") and len(sample) % 2:
        return -9.0
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return -9.0
    if not text or _CONTROLS.search(text):
        return -9.0
    if encoding in ("cp1252", "cp1251"):
        return _score_of_letters(text, encoding)
    wrong_half = -0.5 if encoding.startswith("utf-16") and b"\0" not in sample else 0.0
    if text.isascii():
        return 3.0 if encoding.startswith("utf-16") and b"\0" in sample else -9.0
    return _score_of(text, encoding) + wrong_half


def _score_of(text: str, encoding: str) -> float:
    """Return the average weight of the characters beyond ASCII."""
    others = [character for character in text if character > "\x7f"]
    if not others:
        return -9.0
    kana = sum("\u3041" <= character <= "\u30fe" for character in others)
    weights = [_weight(character, encoding, kana) for character in others]
    return sum(weights) / len(weights)


def _weight(character: str, encoding: str, kana: int) -> float:
    code = ord(character)
    if encoding == "cp949" and 0x4E00 <= code <= 0x9FFF:  # Korean is hardly written with ideographs any more
        return -0.6
    if character in HANZI:
        return 3.0 if character in HANZI_FIRST else 2.0
    if character in _PUNCTUATION:
        return 2.0
    if 0x4E00 <= code <= 0x9FFF:
        return _weight_of_rare(character, encoding) if encoding != "cp932" or not kana else 1.0
    if 0x3041 <= code <= 0x30FE:
        return 2.4
    if 0xAC00 <= code <= 0xD7A3:
        return 2.5 if character in HANGUL else -0.3
    if 0xFF61 <= code <= 0xFF9F:
        return 1.2 if encoding == "cp932" and kana else -0.2
    if 0xFF01 <= code <= 0xFF5E or 0x2460 <= code <= 0x2473 or 0x3000 <= code <= 0x3002:
        return 1.0
    return 0.0 if code < 0x3000 else -2.0


def _weight_of_rare(character: str, encoding: str) -> float:
    """Return the weight of an ideograph that is not frequent: the first level of its national list counts more."""
    try:
        first = character.encode(
            {"gb18030": "gb2312", "big5hkscs": "big5", "cp932": "shift_jis"}.get(encoding, encoding)
        )[0]
    except UnicodeEncodeError:
        return -1.0
    levels = {"gb18030": (0xB0, 0xD7), "big5hkscs": (0xA4, 0xC6), "cp932": (0x88, 0x97), "euc_jp": (0xB0, 0xCF)}
    low, high = levels.get(encoding, (0, 255))
    return 0.6 if low <= first <= high else -0.6


def _score_of_letters(text: str, encoding: str) -> float:
    """Return the score of a text in a Western or Cyrillic encoding, whose words are of one script and case."""
    total, count = 0.0, 0
    before = " "
    for character in text:
        if character > "\x7f":
            count += 1
            total += _weight_of_letter(before, character, encoding)
        before = character
    return total / count if count else -9.0


def _weight_of_letter(before: str, character: str, encoding: str) -> float:
    if not character.isalpha():
        return -0.5 if before > "\x7f" else 0.6
    if encoding == "cp1251":
        if not "\u0400" <= character <= "\u045f":
            return -2.0
        if before.isalpha() and before < "\x80":
            return -2.0
        return -2.0 if before.islower() and character.isupper() else 1.3 if character.islower() else 0.5
    if character.isupper() and before.islower():
        return -2.0
    if before > "\x7f":
        return -0.2 if before.islower() and character.islower() else -1.5
    return 1.3 if before.isalpha() else 0.5
