"""Paragraphs and runs as copies of a first one: python-docx looks at the whole document for each that it makes."""

import re
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from lxml.etree import SubElement, _Element

_R, _T, _TAB, _BREAK = (qn(f"w:{name}") for name in ("r", "t", "tab", "br"))
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_PIECES = re.compile("([\t\n\r])")


@dataclass(frozen=True)
class Look:
    """How words look: the look of all elements around them."""

    bold: bool = False
    italic: bool = False
    strike: bool = False
    underline: bool = False
    code: bool = False
    raised: bool | None = None
    """True for a superscript, False for a subscript."""


PLAIN = Look()


def styled(container: Any, style: str, text: str = "", *, level: int = 0, is_item: bool = False) -> Paragraph:
    """Append a paragraph in a style, indented to a level of lists; an item has room for its mark."""
    element = deepcopy(_paragraph(style, level, is_item))
    container._element.append(element)
    paragraph = Paragraph(element, container)
    if text:
        add_run(paragraph, text)
    return paragraph


def add_run(paragraph: Paragraph, text: str, look: Look = PLAIN) -> _Element:
    """Append words of one look, and return their run; tabs and line breaks have elements of their own."""
    run = SubElement(paragraph._p, _R)
    if look != PLAIN:
        run.append(deepcopy(_properties(look)))
    for piece in _PIECES.split(text):
        if piece == "\t":
            SubElement(run, _TAB)
        elif piece in ("\n", "\r"):
            SubElement(run, _BREAK)
        elif piece:
            words = SubElement(run, _T)
            words.text = piece
            if piece != piece.strip():
                words.set(_SPACE, "preserve")
    return run


@cache
def _paragraph(style: str, level: int, is_item: bool) -> Any:
    element = OxmlElement("w:p")
    paragraph = Paragraph(element, None)  # type: ignore[arg-type]
    if style != "Normal":
        element.style = style.replace(" ", "")
    if level:
        paragraph.paragraph_format.left_indent = Cm(0.7 * level)
    if is_item:
        paragraph.paragraph_format.first_line_indent = Cm(-0.6)
        paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(0.7 * level))
        paragraph.paragraph_format.space_after = Pt(2)
    return element


@cache
def _properties(look: Look) -> Any:
    run = OxmlElement("w:r")
    font = Run(run, None).font  # type: ignore[arg-type]
    for name in ("bold", "italic", "strike", "underline"):
        if getattr(look, name):
            setattr(font, name, True)
    if look.raised is not None:
        setattr(font, "superscript" if look.raised else "subscript", True)
    if look.code:
        font.name = "Consolas"
    return run[0]
