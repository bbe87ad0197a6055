"""Dollars of prose, shells, PHP and tickers, told from those of formulas."""

import re

_HAN = "\u2e80-\u2fff\u3005-\u3007\u3021-\u30fa\u30fc-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TEXT = re.compile(r"\\(?:text|textbf|textit|mathrm|mbox|operatorname)\s?\{[^{}]*\}")
_QUOTED = re.compile(r"[\"`“”„«»「」『』]|://")
_CHINESE_SENTENCE = re.compile(rf"[{_HAN}].*[，。；！？、：]|[，。；！？、：].*[{_HAN}]", re.DOTALL)
# Prices such as `$5 or 10$` and `$5元，10$`.
_PRICE = re.compile(rf"\d[\d.,]*(?:\s+[A-Za-z]{{2,}}|\s*[{_HAN}]).*", re.DOTALL)
_WORDS = re.compile(r"[A-Za-z]{2,}\s+[A-Za-z]{2,}")
_NO_BEGIN = re.compile(r"[)}/@#?&;,%']|\.[A-Za-z]")
_NO_END = re.compile(r"(?<!\\)(?<!\\left)[({]$")
_SIGN = re.compile(r"[A-Za-z0-9\\]|^[-+=<>±×·*/|]$")

# A closing dollar right before a letter: `$n$th`, `$\alpha$s` and `$x^2$and`, but not `$HOME/bin:$PATH`.
_RUNS_ON = re.compile(r"[A-Za-z]|_\w|[({]['\"#!A-Za-z_]|\.[A-Za-z]")
_SPACED = re.compile(r" +(?=[^\n]*\\[A-Za-z])[^\n]*\S +")
_SYMBOL = re.compile(r"[A-Za-z]'{0,3}|\d+|[-+=<>±×·*/|]")
_ANOTHER_NAME = re.compile(r"(?!s)[A-Za-z](?![A-Za-z])")
_ENDING = re.compile(r"(?:th|st|nd|rd|s|es)(?![A-Za-z0-9_])")
_COMMAND = re.compile(r"\\[A-Za-z]|\^|^_[\d{]")
_NAME = re.compile(r"(?!_[\d{])[A-Za-z_{]\w")
_JOINT = re.compile(r"[/:.=,;|&@\-+>(\[]$")


def closes(inside: str, behind: str) -> bool:
    """Return whether a dollar ends a formula with this inside.

    Pandoc's rule comes first: no digit behind, and no space inside next to either dollar. Spaces at both may stand
    around a command: `$ \\alpha $`. Beyond that the inside may not be prose. A formula runs on into a word only if it
    cannot be a variable.
    """
    if (inside != inside.strip() and not _SPACED.fullmatch(inside)) or behind[:1].isdigit() or is_prose(inside.strip()):
        return False
    inside = inside.strip()
    if _SYMBOL.fullmatch(inside):
        return not _ANOTHER_NAME.match(behind)
    if not _RUNS_ON.match(behind):
        return True
    return not _JOINT.search(inside) and (_is_command(inside) or bool(_ENDING.match(behind)))


def is_prose(inside: str) -> bool:
    """Return whether what stands between two delimiters is a sentence, prices or code."""
    bare = _TEXT.sub("x", inside)
    if not _SIGN.search(bare) or _NO_BEGIN.match(bare) or _NO_END.search(bare) or _QUOTED.search(bare):
        return True
    if _PRICE.fullmatch(bare) or _CHINESE_SENTENCE.search(bare):
        return True
    return "\\" not in inside and bool(_WORDS.search(bare))


def begins_prose(line: str) -> bool:
    """Return whether a line behind two dollars is prose: `$$ – moderate`."""
    return (
        bool(line) and not re.search(r"[\\^_{}&]", line) and (is_prose(line) or bool(re.search("[A-Za-z]{4,}", line)))
    )


def _is_command(inside: str) -> bool:
    return bool(_COMMAND.search(inside)) and not _NAME.match(inside)
