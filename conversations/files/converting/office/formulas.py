"""Formulas of Word and PowerPoint in LaTeX. As words alone, one half would be the number 12.

Source: ECMA-376, part 1, 22.1 (Office Math). What is not here is told by its words.
"""

from collections.abc import Callable, Mapping
from xml.etree.ElementTree import Element

_INTEGRAL = "∫"


def formula(element: Element) -> str:
    """Return a formula between dollar signs, or an empty text."""
    words = _told(element).strip()
    return f"${words}$" if words else ""


def _told(element: Element | None) -> str:
    return "" if element is None else "".join(map(_one, element))


def _one(element: Element) -> str:
    if element.tag == "r":
        return "".join(text.text or "" for text in element.iter("t"))
    if element.tag.endswith("Pr") or element.tag == "del":
        return ""
    return _FORMS.get(element.tag, _told)(element)


def _part(element: Element, name: str) -> str:
    return _told(element.find(name)).strip()


def _braced(element: Element, name: str) -> str:
    return f"{{{_part(element, name)}}}"


def _set(element: Element, name: str, standard: str) -> str:
    """Return the value of a property, which may be an empty one, or the standard where it is left out."""
    found = element.find(f"{element.tag}Pr/{name}")
    return standard if found is None else found.get("val", "")


def _scripts(element: Element) -> str:
    below, above = (_part(element, name) for name in ("sub", "sup"))
    return (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")


def _base(element: Element) -> str:
    """Return what scripts stand at, in braces unless it is one sign."""
    words = _part(element, "e")
    return words if len(words) == 1 else f"{{{words}}}"


def _fraction(element: Element) -> str:
    return f"\\frac{_braced(element, 'num')}{_braced(element, 'den')}"


def _root(element: Element) -> str:
    degree = _part(element, "deg")
    return f"\\sqrt{f'[{degree}]' if degree else ''}{_braced(element, 'e')}"


def _sum(element: Element) -> str:
    return f"{_set(element, 'chr', _INTEGRAL)}{_scripts(element)} {_part(element, 'e')}"


def _in_brackets(element: Element) -> str:
    between = _set(element, "sepChr", "|") or " "
    held = between.join(_told(one).strip() for one in element.findall("e"))
    return f"{_set(element, 'begChr', '(')}{held}{_set(element, 'endChr', ')')}"


def _matrix(element: Element) -> str:
    rows = (" & ".join(_told(one).strip() for one in row.findall("e")) for row in element.findall("mr"))
    held = " \\\\ ".join(rows)
    return f"\\begin{{matrix}} {held} \\end{{matrix}}"


def _lines(element: Element) -> str:
    return " \\\\ ".join(_told(one).strip() for one in element.findall("e"))


def _accent(element: Element) -> str:
    return _base(element) + _set(element, "chr", "\u0302")


def _overline(element: Element) -> str:
    return f"\\{'over' if _set(element, 'pos', 'bot') == 'top' else 'under'}line{_braced(element, 'e')}"


_FORMS: Mapping[str, Callable[[Element], str]] = {
    "f": _fraction,
    "rad": _root,
    "sSup": lambda element: _base(element) + _scripts(element),
    "sSub": lambda element: _base(element) + _scripts(element),
    "sSubSup": lambda element: _base(element) + _scripts(element),
    "sPre": lambda element: f"{{}}{_scripts(element)}{_part(element, 'e')}",
    "nary": _sum,
    "d": _in_brackets,
    "m": _matrix,
    "eqArr": _lines,
    "acc": _accent,
    "bar": _overline,
    "func": lambda element: f"{_part(element, 'fName')} {_base(element)}",
    "limLow": lambda element: f"{_part(element, 'e')}_{_braced(element, 'lim')}",
    "limUpp": lambda element: f"{_part(element, 'e')}^{_braced(element, 'lim')}",
}
