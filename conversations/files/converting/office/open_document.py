"""OpenDocument texts, sheets and slides as Markdown, with their notes and comments.

Source: OpenDocument 1.3, part 3. Words that a recorded change has deleted are left out.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from conversations.files.converting.package import Package
from conversations.files.converting.refusal import Refusal
from conversations.files.converting.writing import MAX_COLUMNS, Blocks, heading, notes, one_line, table

_SILENT = frozenset((
    "tracked-changes", "forms", "sequence-decls", "note", "annotation-end", "ruby-text", "shapes", "settings",
    "dde-connection-decls", "content-validations", "database-ranges", "named-expressions", "calculation-settings",
))  # fmt: skip
_MARGINS = frozenset(f"{kind}{page}" for kind in ("header", "footer") for page in ("", "-left", "-first"))
MAX_BLANKS = 200
MAX_REPEATED = 1000
"""Copies of a row or a cell that stand for one element."""


def add_open_document(blocks: Blocks, package: Package) -> None:
    """Add the blocks of the content; raises Full and Refusal."""
    if any(_is_macro(name) for name in package.names):
        raise Refusal("macros")
    if next(package.tree("META-INF/manifest.xml").iter("encryption-data"), None) is not None:
        raise Refusal("encrypted")
    body = package.tree("content.xml").find("body")
    content = next(iter([] if body is None else body), None)
    if content is None:
        raise Refusal("unreadable")
    document = _Document(is_workbook=content.tag == "spreadsheet")
    slides = 0
    for element in content:
        if element.tag == "page":
            slides += 1
        for block in document.blocks(element, slides):
            blocks.add(block)
    for block in document.rest():
        blocks.add(block)
    blocks.add(notes("Page headers and footers", list(dict.fromkeys(document.margins(package.tree("styles.xml"))))))


class _Document:
    def __init__(self, *, is_workbook: bool) -> None:
        self._is_workbook = is_workbook
        self._notes: list[str] = []
        self._comments: list[str] = []

    def blocks(self, element: Element, slide: int = 0) -> Iterator[str]:
        """Yield the blocks of an element; `slide` is the number of the slide that it is or stands on."""
        match element.tag:
            case "annotation":
                yield self._keep_comment(element)
            case tag if tag in _SILENT:
                pass
            case "h":
                yield heading(_number(element.get("outline-level"), 6), self._words(element))
            case "p":
                yield self._words(element)
            case "list":
                yield "\n".join(self._items(element, 0))
            case "table":
                yield heading(2, f"Sheet: {element.get('name')}") if self._is_workbook and not slide else ""
                yield table(self._rows(element))
            case "page":
                yield heading(2, f"Slide {slide}")
                yield from self._inside(element, slide)
            case "notes":
                yield "\n".join(["Notes:", *filter(None, self._inside(element, slide))])
            case "desc":
                yield f"[picture: {one_line(element.text)}]" if element.text else ""
            case "title":
                pass
            case _:
                yield from self._inside(element, slide)

    def rest(self) -> Iterator[str]:
        """Yield the notes and the comments that the text refers to."""
        yield from self._notes
        yield notes("Comments", self._comments)

    def margins(self, styles: Element) -> Iterator[str]:
        """Yield what stands above and below the pages; a number alone says nothing."""
        for page in styles.iter("master-page"):
            for element in page:
                words = one_line(" ".join(self._inside(element, 1))) if element.tag in _MARGINS else ""
                if any(map(str.isalpha, words)):
                    yield words

    def _inside(self, element: Element, slide: int) -> Iterator[str]:
        for child in element:
            yield from self.blocks(child, slide)

    def _items(self, element: Element, depth: int) -> Iterator[str]:
        for item in element:
            for child in item:
                if child.tag == "list":
                    yield from self._items(child, min(depth + 1, 8))
                elif child.tag in ("p", "h"):
                    text = self._words(child).strip()
                    if text:
                        yield f"{'  ' * depth}- {text}"

    def _rows(self, element: Element) -> Iterator[list[str]]:
        for row in _rows_of(element):
            cells = list(self._cells(row))
            if any(cells):
                for _ in range(_number(row.get("number-rows-repeated"), MAX_REPEATED)):
                    yield cells

    def _cells(self, row: Element) -> Iterator[str]:
        for cell in row:
            if cell.tag not in ("table-cell", "covered-table-cell"):
                continue
            text = "\n".join(filter(None, self._inside(cell, 1)))
            for _ in range(_number(cell.get("number-columns-repeated"), MAX_COLUMNS)):
                yield text

    def _words(self, element: Element) -> str:
        return "".join(self._pieces(element))

    def _pieces(self, element: Element) -> Iterator[str]:
        yield element.text or ""
        for child in element:
            match child.tag:
                case "note":
                    yield self._note(child)
                case "annotation":
                    yield self._keep_comment(child)
                case tag if tag in _SILENT:
                    pass
                case "s":
                    yield " " * _number(child.get("c"), MAX_BLANKS)
                case "tab":
                    yield "\t"
                case "line-break":
                    yield "\n"
                case "a":
                    yield self._link(child)
                case "frame" | "custom-shape":
                    yield "\n".join(filter(None, self._inside(child, 1)))
                case _:
                    yield self._words(child)
            yield child.tail or ""

    def _link(self, element: Element) -> str:
        words, address = self._words(element), element.get("href", "")
        return f"[{words}]({address})" if address.startswith(("http:", "https:")) and words != address else words

    def _note(self, element: Element) -> str:
        number, body = len(self._notes) + 1, element.find("note-body")
        self._notes.append("")
        self._notes[number - 1] = f"[^{number}]: {'' if body is None else one_line(' '.join(self._inside(body, 1)))}"
        return f"[^{number}]"

    def _keep_comment(self, element: Element) -> str:
        """Keep a comment for the end, and return its mark in the text."""
        number = len(self._comments) + 1
        said = " ".join(self._words(line) for line in element.iter("p"))
        self._comments.append(f"[comment {number}] {element.findtext('creator') or 'Unnamed'}: {said}")
        return f"[comment {number}]"


def _rows_of(element: Element) -> Iterator[Element]:
    for child in element:
        if child.tag == "table-row":
            yield child
        elif child.tag in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _rows_of(child)


def _is_macro(name: str) -> bool:
    """Return whether a part is a macro; a library without any has only lists of none."""
    in_basic = name.startswith("basic/") and not name.endswith(("/", "-lb.xml", "-lc.xml"))
    return in_basic or (name.startswith("scripts/") and not name.endswith("/"))


def _number(text: str | None, most: int) -> int:
    return min(int(text), most) if text and text.isdecimal() and len(text) < 9 else 1
