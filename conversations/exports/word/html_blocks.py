"""Sanitised HTML of a message as paragraphs, lists and tables of a Word document."""

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from lxml import html
from lxml.etree import _Element

from conversations.exports.word.building import Look, add_run, styled
from conversations.exports.word.formulas import omml

_HEADINGS = {f"h{level}": f"Heading {min(9, level + 2)}" for level in range(1, 7)}
_BOLD, _ITALIC = {"strong", "th"}, {"em"}
_MAX_DEPTH, _MAX_COLUMNS = 8, 63
"""Levels of lists that look different, and columns of a table: Word's limit."""
_LINK = Look(underline=True)
_IN_ADDRESSES = "%!#$&'()*+,/:;=?@[]~"


@dataclass
class Place:
    """The place of blocks: a container (the document, or a cell), a style, a level of lists, an item's paragraph."""

    container: Any
    style: str = "Normal"
    level: int = 0
    waiting: Paragraph | None = None

    def paragraph(self) -> Paragraph:
        """Return a new paragraph, or the item's first."""
        found, self.waiting = self.waiting or styled(self.container, self.style, level=self.level), None
        return found


class HtmlWriter:
    """Appends HTML to a body or a cell; tables are `width` wide."""

    def __init__(self, width: int) -> None:
        self._width = width

    def add(self, source: str, container: Any, style: str = "Normal") -> None:
        if source.strip():
            self._blocks(html.fragment_fromstring(source, create_parent="div"), Place(container, style))

    def add_link(self, paragraph: Paragraph, address: str, text: str) -> None:
        """Append a link to a web address."""
        link = OxmlElement("w:hyperlink")
        target = quote(address, safe=_IN_ADDRESSES)
        link.set(qn("r:id"), paragraph.part.relate_to(target, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        link.append(add_run(paragraph, text, _LINK))
        paragraph._p.append(link)

    def _blocks(self, element: _Element, place: Place) -> None:
        """Append the content of an element; words beside blocks are a paragraph."""
        line: Paragraph | None = None
        if element.text and element.text.strip():
            line = self._with_text(None, place, element.text)
        for child in element:
            if self._is_block(child):
                line = None
                self._block(child, place)
            else:
                line = line or place.paragraph()
                self._inline(child, line, Look())
            if child.tail and child.tail.strip():
                line = self._with_text(line, place, child.tail)

    def _with_text(self, line: Paragraph | None, place: Place, text: str) -> Paragraph:
        line = line or place.paragraph()
        add_run(line, _one_line(text))
        return line

    def _is_block(self, element: _Element) -> bool:
        return element.tag in _BLOCKS or element.get("class") == "math-block"

    def _block(self, element: _Element, place: Place) -> None:
        match element.tag:
            case "p" | "summary":
                self._words(element, place.paragraph(), Look())
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                self._words(element, styled(place.container, _HEADINGS[element.tag]), Look())
            case "ul" | "ol":
                self._list(element, place)
            case "pre":
                text = "".join(element.itertext()).rstrip("\n")
                add_run(replace(place, style="Code", waiting=None).paragraph(), text)
            case "table":
                self._table(element, place)
            case "blockquote":
                level = min(_MAX_DEPTH, place.level + 1)
                self._blocks(element, replace(place, style="Quote", level=level))
            case "hr":
                add_run(place.paragraph(), "―" * 12)
            case _:
                if element.get("class") != "code-block__bar":
                    self._blocks(element, place)

    def _list(self, element: _Element, place: Place) -> None:
        level = min(_MAX_DEPTH, place.level + 1)
        first = element.get("start") or "1"
        number = int(first) if first.isdecimal() else 1
        for item in element.iterchildren("li"):
            line = styled(place.container, place.style, level=level, is_item=True)
            if item.get("class") != "task-list-item":
                add_run(line, f"{number}.\t" if element.tag == "ol" else "•\t")
            self._blocks(item, replace(place, level=level, waiting=line))
            number += 1

    def _table(self, element: _Element, place: Place) -> None:
        rows = [list(row.iterchildren("th", "td")) for row in element.iter("tr")]
        columns = max(map(len, rows), default=0)
        if not columns:
            return
        if columns > _MAX_COLUMNS:
            lines = ("\t".join(_one_line("".join(cell.itertext())) for cell in row) for row in rows)
            styled(place.container, "Code", "\n".join(lines))
            return
        table = place.container.add_table(1, columns, self._width)
        table._tbl.tblStyle_val = "TableGrid"
        empty = table._tbl[-1]
        table._tbl.remove(empty)
        for row in rows:
            table._tbl.append(deepcopy(empty))
            for cell, words in zip(table._tbl[-1], row, strict=False):
                line = Paragraph(cell[-1], table)
                if alignment := _ALIGNMENTS.get(words.get("class") or ""):
                    line.alignment = alignment
                self._words(words, line, Look(bold=words.tag == "th"))
        styled(place.container, "Note")

    def _words(self, element: _Element, line: Paragraph, look: Look) -> None:
        """Append the words in an element to a line."""
        if element.text:
            add_run(line, _one_line(element.text), look)
        for child in element:
            self._inline(child, line, look)
            if child.tail:
                add_run(line, _one_line(child.tail.lstrip("\n") if child.tag == "br" else child.tail), look)

    def _inline(self, element: _Element, line: Paragraph, look: Look) -> None:
        match element.tag:
            case "math":
                line._p.append(omml(element))
            case "span" if element.get("role") == "checkbox":
                add_run(line, "☑ " if element.get("aria-checked") == "true" else "☐ ", look)
            case "br":
                add_run(line, "\n")
            case "a" if element.get("href"):
                self.add_link(line, element.get("href"), _one_line("".join(element.itertext())))
            case tag:
                self._words(element, line, _LOOKS.get(tag, lambda same: same)(look))


_BLOCKS = {*_HEADINGS, "p", "ul", "ol", "li", "pre", "table", "blockquote", "hr", "div", "details", "summary"}
_ALIGNMENTS = {"align-right": WD_ALIGN_PARAGRAPH.RIGHT, "align-center": WD_ALIGN_PARAGRAPH.CENTER}
_LOOKS = {
    "strong": lambda look: replace(look, bold=True),
    "em": lambda look: replace(look, italic=True),
    "s": lambda look: replace(look, strike=True),
    "u": lambda look: replace(look, underline=True),
    "code": lambda look: replace(look, code=True),
    "kbd": lambda look: replace(look, code=True),
    "sup": lambda look: replace(look, raised=True),
    "sub": lambda look: replace(look, raised=False),
}


def _one_line(text: str) -> str:
    return text.replace("\n", " ")
