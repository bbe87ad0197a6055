"""MathML of our formulas as Office Math, which Word shows and edits as formulas.

Source: ECMA-376 Part 1, 22.1 (Math); W3C MathML Core.
"""

from collections.abc import Callable, Sequence

from lxml.etree import _Element

from conversations.exports.word.math_elements import (
    ACCENTS,
    BARS,
    between_bars,
    brackets,
    element,
    is_function,
    is_sum,
    row,
    sub,
    text_in,
)

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def omml(math: _Element) -> _Element:
    """Return a formula that stands in a line of words."""
    formula = element("oMath")
    _all(list(math), formula)
    return formula


def _all(sources: Sequence[_Element], target: _Element) -> None:
    """Append these elements; a sum, and a function, takes the one behind it inside."""
    pending = list(sources)
    while pending:
        source = pending.pop(0)
        if is_sum(source) or is_function(source):
            behind = [pending.pop(0)] if pending else []
            target.append((_sum if is_sum(source) else _function)(source, behind))
        elif inside := between_bars(source, pending):
            bar = text_in(source)
            target.append(_fenced(inside, bar, bar))
            del pending[: len(inside) + 1]
        else:
            _append(source, target)


def _append(source: _Element, target: _Element) -> None:
    if is_sum(source) or is_function(source):
        _all([source], target)
    elif made := _MAKERS.get(str(source.tag)):
        target.append(made(source))
    elif source.tag in _WORDS:
        _text(source, target)
    elif found := brackets(source):
        target.append(_fenced(list(source)[1 : -1 if found[1] else None], *found))
    elif source.tag not in _UNSEEN:
        _all(list(source), target)


def _text(source: _Element, target: _Element) -> None:
    text = "\u2003" if _is_wide(source) else "".join(source.itertext())
    if not text:
        return
    look = source.get("mathvariant") or ""
    is_upright = source.tag in ("mtext", "mn", "mo") or len(text) > 1 or look == "normal"
    if source.tag in ("mtext", "mspace"):
        _run(text, target, "nor")
    else:
        _run(text, target, "sty", ("b" if "bold" in look else "p") if is_upright else ("bi" if "bold" in look else "i"))


def _is_wide(source: _Element) -> bool:
    """Return whether this is a space between parts, such as a `quad`."""
    width = (source.get("width") or "") if source.tag == "mspace" else ""
    return width.endswith("em") and width.removesuffix("em").replace(".", "", 1).isdecimal() and float(width[:-2]) >= 1


def _run(text: str, target: _Element, look: str, value: str | None = None) -> None:
    run = sub(target, "r")
    sub(sub(run, "rPr"), look, value)
    words = sub(run, "t")
    words.text = text
    words.set(_SPACE, "preserve")


def _made(name: str, *parts: str) -> Callable[[_Element], _Element]:
    """Return a maker of an object whose parts are the children of a MathML element, in order.

    The first part takes those beyond the others: a matrix in brackets has no row around it.
    """

    def make(source: _Element) -> _Element:
        made = element(name)
        children = list(source)
        more = max(0, len(children) - len(parts))
        for part, child in zip(parts, [row(children[: more + 1]), *children[more + 1 :]], strict=False):
            _append(child, sub(made, part))
        return made

    return make


def _fraction(source: _Element) -> _Element:
    """Return a fraction; without its line it is a binomial coefficient."""
    made = _made("f", "num", "den")(source)
    if source.get("linethickness") == "0":
        shape = element("fPr")
        sub(shape, "type", "noBar")
        made.insert(0, shape)
    return made


def _root(source: _Element) -> _Element:
    made = element("rad")
    if source.tag == "msqrt":
        sub(sub(made, "radPr"), "degHide", "1")
        sub(made, "deg")
        _all(list(source), sub(made, "e"))
    else:
        degree, base = sub(made, "deg"), sub(made, "e")
        for part, child in zip((base, degree), source, strict=False):
            _append(child, part)
    return made


def _marked(source: _Element) -> _Element:
    """Return a base with a bar or an accent, or with a limit above or below it."""
    mark, is_above = text_in(source[1]) if len(source) > 1 else "", source.tag == "mover"
    if mark in BARS:
        made = element("bar")
        sub(sub(made, "barPr"), "pos", "top" if is_above else "bot")
    elif mark in ACCENTS and is_above:
        made = element("acc")
        sub(sub(made, "accPr"), "chr", ACCENTS[mark])
    else:
        return _made("limUpp" if is_above else "limLow", "e", "lim")(source)
    _append(source[0], sub(made, "e"))
    return made


def _around(source: _Element) -> _Element:
    """Return a base with limits below and above it."""
    made = element("limUpp")
    sub(made, "e").append(_made("limLow", "e", "lim")(source))
    if len(source) > 2:
        _append(source[2], sub(made, "lim"))
    return made


def _sum(source: _Element, behind: Sequence[_Element]) -> _Element:
    """Return a sum or an integral with its limits, over what is behind it."""
    made = element("nary")
    shape = sub(made, "naryPr")
    sub(shape, "chr", text_in(source[0]))
    sub(shape, "limLoc", "undOvr" if text_in(source[0]) in "∑∏∐" else "subSup")
    lower = None if source.tag in ("msup", "mover") else source[1]
    upper = source[-1] if lower is None or len(source) > 2 else None
    for name, limit in (("sub", lower), ("sup", upper)):
        if limit is None:
            sub(shape, f"{name}Hide", "1")
    for name, limit in (("sub", lower), ("sup", upper)):
        _all([] if limit is None else [limit], sub(made, name))
    _all(behind, sub(made, "e"))
    return made


def _function(source: _Element, behind: Sequence[_Element]) -> _Element:
    """Return a function with what stands below its name, of what is behind it."""
    made = element("func")
    sub(made, "fName").append(_made("limLow", "e", "lim")(source))
    _all(behind, sub(made, "e"))
    return made


def _fenced(inside: Sequence[_Element], begin: str, end: str) -> _Element:
    made = element("d")
    shape = sub(made, "dPr")
    sub(shape, "begChr", begin)
    sub(shape, "endChr", end)
    _all(inside, sub(made, "e"))
    return made


def _matrix(source: _Element) -> _Element:
    made = element("m")
    rows = [list(one) for one in source.iterchildren("mtr")]
    width = max(map(len, rows), default=1)
    sub(sub(sub(sub(sub(made, "mPr"), "mcs"), "mc"), "mcPr"), "count", str(width))
    for cells in rows:
        line = sub(made, "mr")
        for place in range(width):
            cell = list(cells[place]) if place < len(cells) else []
            target = sub(line, "e")
            if _lacks_its_left(cell):
                _run("\u200b", target, "nor")
            _all(cell, target)
    return made


def _lacks_its_left(cell: Sequence[_Element]) -> bool:
    """Return whether a cell is empty or begins with an operator: LibreOffice shows an error for both."""
    words = (one for part in cell for one in part.iter() if one.tag in _WORDS)
    first = next((one for one in words if one.text or _is_wide(one)), None)
    return first is None or first.tag == "mo"


def _boxed(source: _Element) -> _Element:
    made = element("borderBox")
    _all(list(source), sub(made, "e"))
    return made


_WORDS = {"mi", "mn", "mo", "ms", "mtext", "mspace"}
_UNSEEN = {"mphantom", "annotation"}
_MAKERS: dict[str, Callable[[_Element], _Element]] = {
    "mfrac": _fraction,
    "msup": _made("sSup", "e", "sup"),
    "msub": _made("sSub", "e", "sub"),
    "msubsup": _made("sSubSup", "e", "sub", "sup"),
    "munder": _marked,
    "mover": _marked,
    "munderover": _around,
    "msqrt": _root,
    "mroot": _root,
    "mtable": _matrix,
    "menclose": _boxed,
}
