"""Cleaning of text from outside, so that all databases and websockets accept it."""

import json
import re

from conversations.errors import Refused
from providers.blank_text import is_blank

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_THOUGHT = re.compile(r"<(think|thinking|thought|seed:think)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_END_OF_THOUGHT = re.compile(r"^.*</(?:think|thinking|thought|seed:think)>", re.DOTALL | re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\]]*)\]\((?:[^()]|\([^()]*\))*\)")
_MARK = re.compile(r"^[#>*+•-]+\s+|[*`]+")
_LABEL = re.compile(
    r"""^(?:\{\s*"title"\s*:|<title>|(?:sure[!,.]?\s+)?here(?:['’]s| is) [^:：]{0,40}[:：]"""
    r"|(?:(?:suggested |conversation |chat )?title|对话标题|标题|標題|タイトル|제목|titre|titel|título|titolo)"
    r"\s*(?:[:：]|$))",
    re.IGNORECASE,
)
_TAIL = re.compile(r"</title>$|(?<=\")\s*\}$", re.IGNORECASE)
_REFUSAL = re.compile(
    r"(?:(?:i['’]m|i am) (?:sorry|unable|not able)\b|i (?:can(?:['’]t|not)|won['’]t)\b|as an ai\b"
    r"|(?:很?抱歉|对不起|對不起)[，,。！!]|我(?:无法|無法|不能)|作为(?:一[个名])?(?:AI|人工智能))",
    re.IGNORECASE,
)
"""The beginning of a model's refusal, which names no conversation."""
_QUOTES = ('""', "''", "“”", "‘’", "«»", "„“", "「」", "『』", "《》", "【】")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_LINE_END = re.compile(r"\r\n?")

MAX_TEXT_LENGTH = 100_000
MAX_ANSWER_LENGTH = 2_000
"""Characters of a model's answer in which its title is looked for."""


def message_text(value: object, may_be_empty: bool = False) -> str:
    """Return a person's text; refuses NUL, emptiness (unless files are sent) and over 100,000 characters."""
    text = clean(value, "text")
    if is_blank(text) and not may_be_empty:
        raise Refused("bad_text", "A message needs some text.")
    if len(text) > MAX_TEXT_LENGTH:
        raise Refused("too_long", f"A message may have {MAX_TEXT_LENGTH:,} characters; this one has {len(text):,}.")
    return text


def title(value: object, field: str, length: int) -> str:
    """Return a title as `one_line` does; refuses one of which nothing can be seen."""
    text = one_line(value, field, length)
    if is_blank(text):
        raise Refused("bad_text", f"“{field}” needs at least one character that can be seen.", field)
    return text


def one_line(value: object, field: str, length: int) -> str:
    """Return a name or title as one line without control characters."""
    text = _CONTROLS.sub(" ", clean(value, field)).strip()
    if len(text) > length:
        raise Refused("too_long", f"“{field}” may have {length} characters; this one has {len(text)}.")
    return text


def lines_of(text: str) -> str:
    """Return a text with line ends as a page's field has them, so that it comes back unchanged."""
    return _LINE_END.sub("\n", text)


def name_order(name: str) -> bytes:
    """Return a key that orders names whatever their case; GB 18030 has the usual Chinese characters by pinyin."""
    return name.casefold().encode("gb18030", "replace")


def clean(value: object, field: str) -> str:
    """Return text without lone surrogates (they become U+FFFD); refuses other types and text with NUL."""
    if not isinstance(value, str):
        raise Refused("bad_field", f"“{field}” must be text.")
    if "\x00" in value:
        raise Refused("bad_text", f"“{field}” holds a character (NUL) that cannot be stored.")
    return _LONE_SURROGATE.sub("\ufffd", value)


def title_of(text: str, length: int = 60) -> str:
    """Return the first words of a message, as a title for its conversation."""
    line = " ".join(_CONTROLS.sub(" ", text.lstrip()[: 20 * length]).split())
    if len(line) <= length:
        return line
    cut = line[:length]
    return (cut.rsplit(" ", 1)[0] if " " in cut[length // 2 :] else cut).rstrip() + "…"


def generated_title(text: str) -> str:
    """Return a model's answer as a title: one short line, without thoughts, Markdown, a label and quotes.

    Returns "" for an answer without one, or a refusal.
    """
    words = _from_json(_END_OF_THOUGHT.sub("", _THOUGHT.sub("", text[:MAX_ANSWER_LENGTH])))
    lines = [_unquoted(_TAIL.sub("", _LABEL.sub("", _unmarked(line))).strip()) for line in words.splitlines()]
    said = (line for line in lines if any(map(str.isalnum, line)) and not line.endswith((":", "：")))
    title = title_of(next(said, ""))
    return "" if _REFUSAL.match(title) else title


def _from_json(words: str) -> str:
    """Return the title in an answer that is JSON, or the answer as it is."""
    try:
        title = json.loads(words[words.find("{") : words.rfind("}") + 1])["title"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return words
    return _LONE_SURROGATE.sub("\ufffd", title) if isinstance(title, str) else words


def _unmarked(line: str) -> str:
    return "" if line.lstrip().startswith("```") else _MARK.sub("", _LINK.sub(r"\1", line).strip()).strip()


def _unquoted(line: str) -> str:
    for pair in _QUOTES:
        inner = line[1:-1]
        if line[:1] + line[-1:] == pair and not set(pair) & set(inner):
            line = inner.strip()
    return line.rstrip("。.") if not line.endswith("..") else line
