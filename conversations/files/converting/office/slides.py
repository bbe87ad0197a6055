"""PowerPoint presentations as Markdown: numbered slides with their texts, tables, speaker notes and comments.

Source: ECMA-376, part 1, PresentationML and DrawingML.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from conversations.files.converting import xml_tree
from conversations.files.converting.office.formulas import formula
from conversations.files.converting.package import Package
from conversations.files.converting.writing import Blocks, heading, notes, one_line, table

_TITLES = ("title", "ctrTitle")
_UNSAID = ("sldNum", "dt", "ftr", "hdr", "sldImg")
"""Placeholders that say the same on each slide, or nothing."""


def add_slides(blocks: Blocks, package: Package, part: str) -> None:
    """Add the slides of the presentation in this part; raises Full and Refusal."""
    relations = package.relations(part)
    authors = dict(_authors(package, part))
    number = 0
    for entry in package.tree(part).iter("sldId"):
        relation = relations.get(entry.get("r:id", ""))
        if relation is None or relation.target not in package:
            continue
        number += 1
        slide = _Slide(package, relation.target)
        blocks.add(heading(2, f"Slide {number}{slide.title}{slide.state}"))
        for block in slide.blocks():
            blocks.add(block)
        blocks.add(slide.speaker_notes())
        blocks.add(notes("Comments", list(slide.comments(authors))))


class _Slide:
    def __init__(self, package: Package, part: str) -> None:
        self._package, self._part = package, part
        self._links = {key: one.target for key, one in package.relations(part).items() if one.is_outside}
        self._root = package.tree(part)
        titles = (shape for shape in self._root.iter("sp") if _placeholder(shape) in _TITLES)
        self._title = next(titles, None)
        words = "" if self._title is None else one_line(" ".join(self._lines(self._title)))
        self.title = f": {words}" if words else ""
        self.state = " (hidden)" if self._root.get("show") in ("0", "false") else ""

    def blocks(self) -> Iterator[str]:
        """Yield the texts and tables of the shapes in their order, and the texts of diagrams."""
        for shape in _shapes(self._root):
            if shape.tag == "sp":
                if shape is not self._title and _placeholder(shape) not in _UNSAID:
                    yield "\n".join(self._lines(shape))
            elif shape.tag == "pic":
                about = shape.find(".//cNvPr")
                described = "" if about is None else about.get("descr", "")
                yield f"[picture: {one_line(described)}]" if described else ""
            else:
                for found in shape.iter("tbl"):
                    yield table(self._rows(found))
        for name in self._package.related(self._part, "diagramData"):
            root = self._package.tree(name)
            yield "\n".join(line for point in root.iter("pt") if (line := one_line(" ".join(self._lines(point)))))

    def speaker_notes(self) -> str:
        lines = [
            line
            for name in self._package.related(self._part, "notesSlide")
            for shape in self._package.tree(name).iter("sp")
            if _placeholder(shape) not in _UNSAID
            for line in self._lines(shape)
        ]
        return "Notes: " + "\n".join(lines) if lines else ""

    def comments(self, authors: dict[str, str]) -> Iterator[str]:
        """Yield the slide's comments, of the older and the newer form."""
        for name in self._package.related(self._part, "comments"):
            for comment in self._package.tree(name).iter():
                if comment.tag in ("cm", "reply"):
                    text = comment.findtext("text") or " ".join(self._own_lines(comment))
                    yield f"{authors.get(comment.get('authorId', '')) or 'Unnamed'}: {text}"

    def _own_lines(self, comment: Element) -> Iterator[str]:
        body = comment.find("txBody")
        if body is not None:
            yield from self._lines(body)

    def _rows(self, element: Element) -> Iterator[list[str]]:
        for row in element.iter("tr"):
            yield ["\n".join(self._lines(cell)) for cell in row.findall("tc")]

    def _lines(self, element: Element) -> Iterator[str]:
        """Yield the paragraphs that are not empty; deeper ones are indented as items."""
        for paragraph in element.iter("p"):
            text = "".join(self._pieces(paragraph)).strip()
            properties = paragraph.find("pPr")
            level = "0" if properties is None else properties.get("lvl", "0")
            depth = min(int(level), 8) if level.isdecimal() else 0
            if text:
                yield f"{'  ' * (depth - 1)}- {text}" if depth else text

    def _pieces(self, paragraph: Element) -> Iterator[str]:
        for child in paragraph:
            if child.tag == "br":
                yield "\n"
            elif child.tag in ("r", "fld"):
                text = child.findtext("t", "")
                link = child.find("rPr/hlinkClick")
                address = "" if link is None else self._links.get(link.get("r:id", ""), "")
                yield f"[{text}]({address})" if address.startswith(("http:", "https:")) and text != address else text
            elif child.tag == "m":
                yield " ".join(filter(None, map(formula, child.iter("oMath"))))
            elif child.tag not in ("pPr", "endParaRPr"):
                yield xml_tree.words(child).strip()


def _shapes(element: Element) -> Iterator[Element]:
    for child in element:
        if child.tag in ("sp", "pic", "graphicFrame"):
            yield child
        else:
            yield from _shapes(child)


def _placeholder(shape: Element) -> str:
    """Return what the shape stands for on its slide, or an empty text."""
    found = shape.find("nvSpPr/nvPr/ph")
    return "" if found is None else found.get("type", "body")


def _authors(package: Package, part: str) -> Iterator[tuple[str, str]]:
    for kind, tag in (("commentAuthors", "cmAuthor"), ("authors", "author")):
        for name in package.related(part, kind):
            for author in package.tree(name).iter(tag):
                yield author.get("id", ""), author.get("name", "")
