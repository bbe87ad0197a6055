r"""Chemical formulas: `\ce{…}` and `\pu{…}` of mhchem as plain LaTeX, as far as models use them."""

import re
from collections.abc import Callable, Iterator

MAX_ARGUMENT = 500
MAX_DEPTH = 8
_BRACE = re.compile(r"[{}]")
_COMMAND = re.compile(r"\\(ce|pu)\s?(?=\{)")
_ARROWS = {
    "<=>": r"\rightleftharpoons", "<->": r"\leftrightarrow", "->": r"\rightarrow", "<-": r"\leftarrow",
    "→": r"\rightarrow", "⇌": r"\rightleftharpoons",
}  # fmt: skip
_PIECE = re.compile(
    r"""
    (?P<arrow><=>|<->|->|<-|→|⇌)(?:\[(?P<above>[^\[\]{}\\]{0,60})\])?(?:\[(?P<below>[^\[\]{}\\]{0,60})\])?
    | (?P<gas>(?<=\s)\^(?=\s|$)) | (?P<solid>(?<=\s)v(?=\s|$))
    | (?P<state>\((?:aq|s|l|g)\))
    | \^\{?(?P<raised>\d*[+\-−]|[+\-−]?\d+)\}?
    | _\{?(?P<lowered>\d+|[a-z])\}?
    | (?P<charge>(?<=[A-Za-z0-9)\]])[+\-−](?=[\s)\]]|$))
    | (?P<count>(?<=[A-Za-z)\]])\d+)
    | (?P<number>\d+(?:[./]\d+)?)
    | (?P<dot>[*.·])
    | (?P<bond>[=#]|[\-−])
    | (?P<plus>\+)
    | (?P<letters>[A-Za-z]+)
    | (?P<bracket>[()\[\]])
    | (?P<space>\s+)
    """,
    re.VERBOSE,
)


def in_latex(source: str) -> str | None:
    """Return the formula with its chemistry as plain LaTeX, or None if it has some that is not known."""
    pieces, position = [], 0
    for command in _COMMAND.finditer(source):
        if command.start() < position:
            continue
        end = end_of_argument(source, command.end(), len(source))
        shown = _SHOWN[command[1]](source[command.end() + 1 : end - 1]) if end >= 0 else None
        if shown is None:
            return None
        pieces += [source[position : command.start()], shown]
        position = end
    return "".join([*pieces, source[position:]])


def end_of_argument(source: str, begin: int, limit: int) -> int:
    """Return the place behind the braces that open at `begin`, or -1 if they are not closed soon."""
    depth = 0
    for brace in _BRACE.finditer(source, begin, min(limit, begin + MAX_ARGUMENT)):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.end()
        if depth > MAX_DEPTH:
            break
    return -1


def _reaction(argument: str) -> str | None:
    shown = list(_pieces(argument))
    return None if None in shown else "{" + "".join(filter(None, shown)) + "}"


def _pieces(argument: str) -> Iterator[str | None]:
    position = 0
    while position < len(argument):
        piece = _PIECE.match(argument, position)
        yield _piece(piece) if piece else None
        position = piece.end() if piece else len(argument)


def _piece(piece: re.Match[str]) -> str:
    words = {name: text for name, text in piece.groupdict().items() if text is not None}
    name, text = next(iter(words.items()))
    match name:
        case "arrow":
            return _arrow(text, words.get("above", ""), words.get("below", ""))
        case "raised" | "charge":
            return "^{" + text.replace("−", "-") + "}"
        case "lowered" | "count":
            return "_{" + text + "}"
        case "letters" | "state":
            return rf"\text{{{text}}}"
        case "space":
            return r"\;"
    return {"#": r"\equiv ", "dot": r"\cdot ", "gas": r"\uparrow ", "solid": r"\downarrow "}.get(
        text if name == "bond" else name, text
    )


def _arrow(arrow: str, above: str, below: str) -> str:
    shown = _ARROWS[arrow]
    if above:
        shown = rf"\overset{{\text{{{above}}}}}{{{shown}}}"
    return rf"\underset{{\text{{{below}}}}}{{{shown}}}" if below else f"{shown} "


def _unit(argument: str) -> str | None:
    return None if re.search(r"[\\{}]", argument) else rf"\text{{{argument}}}"


_SHOWN: dict[str, Callable[[str], str | None]] = {"ce": _reaction, "pu": _unit}
