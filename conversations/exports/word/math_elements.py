"""Elements of Office Math, and what elements of MathML mean beyond their names: brackets, sums, functions, accents."""

from collections.abc import Sequence

from lxml import etree
from lxml.etree import _Element

OFFICE_MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
BARS = frozenset("¯‾_―")
ACCENTS = {
    **dict.fromkeys("^ˆ", "\u0302"),
    **dict.fromkeys("~˜", "\u0303"),
    **dict.fromkeys("→⃗", "\u20d7"),
    "˙": "\u0307",
    "¨": "\u0308",
}
LIMITS = {"munder", "mover", "munderover", "msub", "msup", "msubsup"}
_OPENING, _CLOSING = frozenset("([{|‖⟨⌊⌈"), frozenset(")]}|‖⟩⌋⌉")
_SUMS = frozenset("∑∏∐∫∬∭∮⋃⋂⨁⨂")
_FUNCTIONS = frozenset(["lim", "max", "min", "sup", "inf", "limsup", "liminf", "argmax", "argmin", "det", "gcd", "Pr"])


def element(name: str) -> _Element:
    return etree.Element(f"{{{OFFICE_MATH}}}{name}", nsmap={"m": OFFICE_MATH})


def sub(parent: _Element, name: str, value: str | None = None) -> _Element:
    """Append an element, with its value if it has one."""
    child = etree.SubElement(parent, f"{{{OFFICE_MATH}}}{name}")
    if value is not None:
        child.set(f"{{{OFFICE_MATH}}}val", value)
    return child


def row(children: Sequence[_Element]) -> _Element:
    """Return the only one of these elements, or all as a row."""
    if len(children) == 1:
        return children[0]
    found = etree.Element("mrow")
    found.extend(children)
    return found


def text_in(source: _Element) -> str:
    return "".join(source.itertext()).strip()


def is_sum(source: _Element) -> bool:
    """Return whether this is a sum or an integral with limits."""
    return source.tag in LIMITS and len(source) > 1 and text_in(source[0]) in _SUMS


def is_function(source: _Element) -> bool:
    """Return whether this is a function's name with something below it, such as a limit."""
    return source.tag in ("munder", "msub") and len(source) == 2 and text_in(source[0]) in _FUNCTIONS


def brackets(source: _Element) -> tuple[str, str] | None:
    """Return the brackets around a row that grow with what is between them; the closing one may be missing."""
    if source.tag != "mrow" or len(source) < 2:
        return None
    first, last = (text_in(end) if _grows(end) else "" for end in (source[0], source[-1]))
    if first in _OPENING and (last in _CLOSING or source[0].get("form") == "prefix"):
        return first, last if last in _CLOSING else ""
    return None


def between_bars(first: _Element, behind: Sequence[_Element]) -> list[_Element]:
    """Return what is between this bar and the next one like it, or nothing."""
    bar = text_in(first)
    if first.tag != "mo" or bar not in ("|", "‖", "∥"):
        return []
    places = (place for place, other in enumerate(behind) if other.tag == "mo" and text_in(other) == bar)
    return list(behind[: next(places, 0)])


def _grows(source: _Element) -> bool:
    return source.tag == "mo" and source.get("stretchy") != "false"
