"""Excel workbooks as Markdown: a table for each sheet, with values as people see them, and the cells' comments.

Source: ECMA-376, part 1, SpreadsheetML. Sheets are read row by row. Formulas are not calculated: their last results
are stored beside them, and a formula without one is shown itself.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from conversations.files.converting import xml_tree
from conversations.files.converting.office.cell_values import Formats, shown
from conversations.files.converting.package import Package
from conversations.files.converting.refusal import Refusal
from conversations.files.converting.writing import MAX_CHARACTERS, MAX_COLUMNS, Blocks, Full, heading, notes, table

MAX_SHARED = 40 * 2**20
"""Characters of the texts that cells share."""


def add_workbook(blocks: Blocks, package: Package, part: str) -> None:
    """Add the sheets of the workbook in this part; raises Full and Refusal."""
    root = package.tree(part)
    relations = package.relations(part)
    book = _Book(package, part, root)
    for sheet in root.iter("sheet"):
        relation = relations.get(sheet.get("r:id", ""))
        hidden = " (hidden)" if sheet.get("state", "visible") != "visible" else ""
        if relation is None or relation.target not in package or relation.kind != "worksheet":
            continue
        blocks.add(heading(2, f"Sheet: {sheet.get('name', '')}{hidden}"))
        rows, is_whole = book.rows(relation.target)
        blocks.add(table(rows))
        if not is_whole:
            raise Full
        blocks.add(notes("Text boxes", list(book.boxes(relation.target))))
        blocks.add(notes("Comments", list(book.comments(relation.target))))
    if book.is_too_wide:
        raise Full


class _Book:
    def __init__(self, package: Package, part: str, root: Element) -> None:
        self._package = package
        self.is_too_wide = False
        properties = root.find("workbookPr")
        is_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        styles = [package.tree(name) for name in package.related(part, "styles")]
        self._formats = Formats(styles[0] if styles else Element("none"), is_1904)
        self._shared = [text for name in package.related(part, "sharedStrings") for text in self._texts(name)]
        self._people = {
            person.get("id"): person.get("displayName", "")
            for name in package.related(part, "person")
            for person in package.tree(name).iter("person")
        }

    def rows(self, name: str) -> tuple[list[list[str]], bool]:
        """Return the rows of a sheet, and whether they are all."""
        found, left = list[list[str]](), MAX_CHARACTERS
        with self._package.open(name) as source:
            for row in xml_tree.elements(source, ("row",)):
                if row.tag != "row":
                    continue
                cells = self._cells(row)
                if any(cells):
                    found.append(cells)
                    left -= sum(map(len, cells)) + 3 * len(cells)
                if left < 0:
                    return found, False
        return found, True

    def boxes(self, sheet: str) -> Iterator[str]:
        """Yield the texts of the shapes that lie above a sheet's cells."""
        for name in self._package.related(sheet, "drawing"):
            for shape in self._package.tree(name).iter("txBody"):
                lines = ("".join(text.text or "" for text in line.iter("t")) for line in shape.iter("p"))
                if words := " ".join(filter(None, lines)).strip():
                    yield words

    def comments(self, sheet: str) -> Iterator[str]:
        """Yield the comments of a sheet. A thread has a copy in the older form, by an author "tc=…"."""
        for name in self._package.related(sheet, "threadedComment"):
            for comment in self._package.tree(name).iter("threadedComment"):
                author = self._people.get(comment.get("personId")) or "Unnamed"
                yield f"{comment.get('ref')}, {author}: {comment.findtext('text', '')}"
        for name in self._package.related(sheet, "comments"):
            root = self._package.tree(name)
            authors = [author.text or "" for author in root.iter("author")]
            for comment in root.iter("comment"):
                number = comment.get("authorId", "")
                author = authors[int(number)] if number.isdecimal() and int(number) < len(authors) else ""
                if not author.startswith("tc="):
                    text = comment.find("text")
                    yield f"{comment.get('ref')}, {author or 'Unnamed'}: {'' if text is None else _rich(text)}"

    def _texts(self, name: str) -> Iterator[str]:
        left = MAX_SHARED
        with self._package.open(name) as source:
            for element in xml_tree.elements(source, ("si",)):
                if element.tag == "si":
                    text = _rich(element)
                    left -= len(text)
                    if left < 0:
                        raise Refusal("oversized")
                    yield text

    def _cells(self, row: Element) -> list[str]:
        cells: list[str] = []
        for cell in row.iter("c"):
            column = _column(cell.get("r", "")) if cell.get("r") else len(cells)
            if column < len(cells) or column >= MAX_COLUMNS:
                self.is_too_wide = self.is_too_wide or column >= MAX_COLUMNS
                continue
            cells += [""] * (column - len(cells))
            cells.append(self._value(cell))
        return cells

    def _value(self, cell: Element) -> str:
        kind, value = cell.get("t", "n"), cell.findtext("v", "")
        if kind == "s":
            return self._shared[int(value)] if value.isdecimal() and int(value) < len(self._shared) else ""
        if kind == "inlineStr":
            text = cell.find("is")
            return "" if text is None else _rich(text)
        formula = cell.findtext("f", "")
        if not value and formula:
            return f"={formula}"
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        return shown(value, self._formats.of(cell.get("s"))) if kind == "n" else value


def _rich(element: Element) -> str:
    """Return a text of several runs, without the readings that Japanese texts have beside them."""
    pieces = []
    for child in element:
        if child.tag == "t":
            pieces.append(child.text or "")
        elif child.tag == "r":
            pieces.append(child.findtext("t", ""))
    return "".join(pieces)


def _column(reference: str) -> int:
    """Return the number of the column in a reference such as AB12, from 0 on."""
    number = 0
    for character in reference[:3]:
        if not "A" <= character <= "Z":
            break
        number = 26 * number + ord(character) - 64
    return max(number - 1, 0)
