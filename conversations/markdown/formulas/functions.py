"""Thin spaces beside names of functions, as TeX sets them: `a ln 2`, but `ln(2)`; the converter sets none."""

import re
from enum import Enum, auto
from xml.etree.ElementTree import Element

# Source: The TeXbook, appendix F and the table of spaces in chapter 18. Limits such as `max` have spaces of their own.
_PLAIN = "arccos arcsin arctan arg cos cosh cot coth csc deg dim exp hom ker lg ln log sec sin sinh tan tanh"
_OTHERS = "sech csch arsinh arcosh artanh arccot arcsec arccsc sgn tr Tr rank diag erf lcm softmax grad curl"
_NAMES = frozenset([*_PLAIN.split(), *_OTHERS.split()])
_OPERATOR = re.compile(r"\\operatorname\*?\s*\{\s*([A-Za-z]+)\s*\}")
_SCRIPTS = frozenset({"msub", "msup", "msubsup", "munder", "mover", "munderover"})
_ROWS = frozenset({"math", "mrow", "mtd", "mstyle", "msqrt", "menclose", "mpadded", "mphantom"})
_SYMBOLS = frozenset({"mi", "mn", "mfrac", "msqrt", "mroot", "mrow"})
_CLOSING = frozenset(")]}⟩⌉⌋")
_THIN = "0.167em"


class _Kind(Enum):
    """The sorts of elements between which TeX sets thin spaces."""

    FUNCTION = auto()
    SYMBOL = auto()
    CLOSING = auto()
    OTHER = auto()


def space(root: Element, source: str) -> None:
    """Set the spaces in a formula that was made of this LaTeX."""
    names = _NAMES.union(_OPERATOR.findall(source))
    for row in [element for element in root.iter() if element.tag in _ROWS and _name(element) not in names]:
        kinds = [_kind(element, names) for element in row]
        for at in range(len(kinds) - 1, 0, -1):
            if _is_spaced(kinds[at - 1], kinds[at]):
                row.insert(at, Element("mspace", width=_THIN))


def _is_spaced(before: _Kind, after: _Kind) -> bool:
    if after is _Kind.FUNCTION:
        return before is not _Kind.OTHER
    return before is _Kind.FUNCTION and after is _Kind.SYMBOL


def _kind(element: Element, names: frozenset[str]) -> _Kind:
    while element.tag in _SCRIPTS and len(element):
        element = element[0]
    if _name(element) in names:
        return _Kind.FUNCTION
    if element.tag == "mo":
        return _Kind.CLOSING if element.text in _CLOSING else _Kind.OTHER
    is_empty = element.tag == "mrow" and not len(element)
    return _Kind.SYMBOL if element.tag in _SYMBOLS and not is_empty else _Kind.OTHER


def _name(element: Element) -> str:
    """Return the letters of an element that is a name, as one or as a row of upright letters."""
    if element.tag == "mi":
        return element.text or ""
    is_upright = element.tag == "mrow" and all(letter.get("mathvariant") == "normal" for letter in element)
    return "".join(letter.text or "" for letter in element) if is_upright else ""
