"""Formulas: LaTeX to MathML, or the source as text if that fails."""

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from time import process_time
from xml.etree.ElementTree import Element, tostring

from latex2mathml import exceptions
from latex2mathml.converter import convert_to_element

from conversations.markdown.formulas import functions, tables, time_left
from conversations.markdown.formulas.chemistry import in_latex
from conversations.markdown.limits import FAILURES
from conversations.markdown.plain import formula_as_text
from conversations.markdown.process.time_budget import within

MAX_FORMULA_CHARACTERS = 4_000
MAX_FORMULA_DEPTH = 100
# The converter takes a second for some formulas of that length, and a reply may hold hundreds.
MAX_SECONDS = 0.1

# The converter expands a user's macros without a limit on the result: twenty doublings are a million symbols.
_DEFINITION = re.compile(
    r"\\(?:def|newcommand|renewcommand|providecommand|newenvironment|renewenvironment|DeclareMathOperator)\b"
)
# Environments that the converter does not know, or would number; _SAME_LOOK has the replacements.
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{(aligned|align|eqnarray|gathered|gather|dcases|equation)\*?\}")
_SAME_LOOK = {
    "aligned": "align*",
    "align": "align*",
    "eqnarray": "align*",
    "gathered": "matrix",
    "gather": "matrix",
    "dcases": "cases",
}
# The converter drops the whole row, and a matrix of one row, whose last cell is empty.
_EMPTY_END = re.compile(r"(?<!\\)&(?=\s*\\end\s*\{)")
# Commands that the converter does not know, or whose words it drops.
_OPERATOR = re.compile(r"\\operatorname\*?(?=\s*\{)")
_FUNCTION = re.compile(
    r"\\(arg|sech|csch|ar(?:sin|cos|tan)h|arc(?:cot|sec|csc)|sgn|[Tt]r|rank|diag|erf|lcm|softmax|grad|curl)(?![A-Za-z])"
)
_UPRIGHT_LETTER = re.compile(r"\\mathrm\s*\{([A-Za-z])\}")  # slanted without another pair of braces
_WITHOUT_LOOK = re.compile(
    r"\\(?:mathop|middle|nolimits|nonumber|notag)(?![A-Za-z])\s*|\\label\s*\{[^{}]*\}|(?<=\})\s*\\limits(?![A-Za-z])"
)
_PRESCRIPT = re.compile(r"\\prescript\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_ESCAPED = re.compile(r"\\([%$#&_{}])")
_LENGTHS = frozenset({"width", "height", "depth", "lspace", "rspace", "voffset"})
# Spaces of up to ±9.99 em; a formula must not be able to write over the rest of the page.
_SHORT_LENGTH = re.compile(r"[+-]?\d?(?:\.\d{1,4})?(?:em|ex|px|pt|mu|width)?|[a-z]+mathspace")
# The converter reads arbitrary text with `next` and unpacking, so it raises these besides its own exceptions.
_FAILURES: tuple[type[Exception], ...] = (
    *(kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)),
    *FAILURES,
)


def formula(source: str, written: str, *, display: bool, stop: str = "") -> str:
    """Return MathML for LaTeX `source`, or the formula as it was `written`, delimiters included, as text.

    A `stop` is the end of the sentence, which stands on the formula's line.
    """
    if len(source) > MAX_FORMULA_CHARACTERS or _DEFINITION.search(source) or time_left.left <= 0:
        return formula_as_text(written)
    begun = process_time()
    try:
        return _converted(source, display, stop) or formula_as_text(written)
    finally:
        time_left.left -= process_time() - begun


@lru_cache(maxsize=512)
def _converted(source: str, display: bool, stop: str) -> str:
    """Return MathML, or an empty text if the conversion fails or takes too long."""
    return within(MAX_SECONDS, lambda: _mathml(source, display, stop), str)


def _mathml(source: str, display: bool, stop: str) -> str:
    try:
        latex = in_latex(source)
        if latex is None:
            return ""
        shown = _as_known(latex) + (rf"\text{{{stop}}}" if stop else "")
        element = convert_to_element(shown, display="block" if display else "inline")
        _tidy(element)
        tables.draw(element, shown)
        functions.space(element, source)
        element.set("alttext", source.strip())  # what is copied, and read aloud where MathML is not known
        return tostring(element, encoding="unicode")
    except _FAILURES:
        return ""


def _as_known(latex: str) -> str:
    """Return the LaTeX with what the converter would misread in words that it knows."""
    latex = tables.prepared(_FUNCTION.sub(r"\\mathrm{\1}", _PRESCRIPT.sub(r"{}^{\1}_{\2}", latex)))
    latex = _WITHOUT_LOOK.sub("", _OPERATOR.sub(r"\\mathrm", _ENVIRONMENT.sub(_known, latex)))
    return _EMPTY_END.sub("&{}", _UPRIGHT_LETTER.sub(r"\\mathrm{{\1}}", latex))


def _known(environment: re.Match[str]) -> str:
    name = _SAME_LOOK.get(environment[2])
    return f"\\{environment[1]}{{{name}}}" if name else ""


def _tidy(root: Element) -> None:
    for element, depth in _with_depth(root):
        if depth > MAX_FORMULA_DEPTH:
            raise ValueError("formula nested too deeply")
        # The converter writes symbols as character references and would unescape the whole, foreign markup included.
        element.text = unescape(element.text) if element.text else element.text
        if element.tag == "mtext" and element.text:
            element.text = _ESCAPED.sub(r"\1", element.text)
        for name in _LENGTHS & element.attrib.keys():
            if not _SHORT_LENGTH.fullmatch(element.attrib[name]):
                del element.attrib[name]


def _with_depth(root: Element) -> Iterator[tuple[Element, int]]:
    pending = [(root, 0)]
    while pending:
        element, depth = pending.pop()
        yield element, depth
        pending.extend((child, depth + 1) for child in element)
