"""Word documents as Markdown: headings, lists, tables, links, notes and comments.

Source: ECMA-376, part 1, WordprocessingML. Deleted and moved words are left out, inserted ones are kept.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from conversations.files.converting.office.formulas import formula
from conversations.files.converting.package import Package
from conversations.files.converting.writing import Blocks, heading, notes, one_line, table

_SILENT = frozenset((
    "pPr", "rPr", "tblPr", "tblGrid", "trPr", "tcPr", "sectPr", "sdtPr", "sdtEndPr", "del", "moveFrom", "instrText",
    "delText", "delInstrText", "rt", "fldData", "binData", "oleObject", "OLEObject", "object",
))  # fmt: skip
_BLOCKS = frozenset(("p", "tbl"))
_DEEPEST_LEVEL = 8


def add_word(blocks: Blocks, package: Package, part: str) -> None:
    """Add the blocks of the document in this part; raises Full and Refusal."""
    document = _Document(package, part)
    root = package.tree(part)
    body = root.find("body")
    for block in document.blocks(root if body is None else body):
        blocks.add(block)
    for block in document.rest():
        blocks.add(block)


class _Document:
    def __init__(self, package: Package, part: str) -> None:
        self._package, self._part = package, part
        self._links = {key: one.target for key, one in package.relations(part).items() if one.is_outside}
        self._levels = dict(self._heading_levels())
        self._formats = dict(self._list_formats())
        self._counts: dict[tuple[str, int], int] = {}
        self._lists = {
            style.get("styleId", ""): numbering
            for name in package.related(part, "styles")
            for style in package.tree(name).iter("style")
            if (numbering := style.find("pPr/numPr")) is not None
        }

    def blocks(self, container: Element) -> Iterator[str]:
        """Yield the paragraphs and tables of a container; an item follows its list on the next line."""
        items: list[str] = []
        for element in _found(container):
            item = self._item(element) if element.tag == "p" else ""
            if item:
                items.append(item)
                continue
            if items:
                yield "\n".join(items)
                items = []
            yield self._paragraph(element) if element.tag == "p" else table(self._rows(element))
        if items:
            yield "\n".join(items)

    def rest(self) -> Iterator[str]:
        """Yield the footnotes, the endnotes, the comments, and the pages' headers and footers."""
        for kind, element, mark in (("footnotes", "footnote", "^"), ("endnotes", "endnote", "^e")):
            for name in self._package.related(self._part, kind):
                for note in self._package.tree(name).iter(element):
                    if note.get("type") in (None, "normal"):
                        yield f"[{mark}{note.get('id')}]: {one_line(self._words(note))}"
        for name in self._package.related(self._part, "comments"):
            yield notes("Comments", [self._comment(one) for one in self._package.tree(name).iter("comment")])
        yield notes("Page headers and footers", list(dict.fromkeys(self._margins())))

    def _margins(self) -> Iterator[str]:
        """Yield what stands above and below the pages; a number alone says nothing."""
        for name in (name for kind in ("header", "footer") for name in self._package.related(self._part, kind)):
            words = one_line(self._words(self._package.tree(name)))
            if any(map(str.isalpha, words)):
                yield words

    def _comment(self, comment: Element) -> str:
        return f"[comment {comment.get('id')}] {comment.get('author') or 'Unnamed'}: {self._words(comment)}"

    def _paragraph(self, element: Element) -> str:
        text = self._words(element).strip("\n")
        level = self._levels.get(_value(element, "pPr", "pStyle")) or _outline(element.find("pPr"))
        return heading(level, text) if level else text

    def _item(self, element: Element) -> str:
        """Return a paragraph of a list as its line, or an empty text for one of no list."""
        style = _value(element, "pPr", "pStyle")
        numbering = element.find("pPr/numPr")
        if numbering is None:
            numbering = self._lists.get(style)
        if numbering is None or _value(numbering, "numId") == "0" or style in self._levels:
            return ""
        level = _number(_value(numbering, "ilvl"))
        text = self._words(element).strip()
        key = _value(numbering, "numId")
        if not text:
            return ""
        if self._formats.get((key, level), "bullet") in ("bullet", "none"):
            mark = "-"
        else:
            self._counts[key, level] = self._counts.get((key, level), 0) + 1
            for deeper in range(level + 1, _DEEPEST_LEVEL + 1):
                self._counts.pop((key, deeper), None)
            mark = f"{self._counts[key, level]}."
        return f"{'  ' * min(level, _DEEPEST_LEVEL)}{mark} {text}"

    def _rows(self, element: Element) -> Iterator[list[str]]:
        for row in _found(element, ("tr",)):
            cells = []
            for one in _found(row, ("tc",)):
                continues = one.find("tcPr/vMerge")
                is_covered = continues is not None and continues.get("val") != "restart"
                cells.append("" if is_covered else self._cell(one))
                cells += [""] * min(_number(_value(one, "tcPr", "gridSpan")) - 1, 200)
            yield cells

    def _cell(self, element: Element) -> str:
        """Return a cell's paragraphs as lines; the rows of a table inside are lines too."""
        lines = []
        for block in _found(element):
            if block.tag == "p":
                lines.append(self._item(block) or self._words(block))
            else:
                lines += ["; ".join(filter(None, row)) for row in self._rows(block)]
        return "\n".join(lines)

    def _words(self, element: Element) -> str:
        return "".join(self._pieces(element))

    def _pieces(self, element: Element) -> Iterator[str]:
        for child in element:
            match child.tag:
                case tag if tag in _SILENT:
                    continue
                case "t":
                    yield child.text or ""
                case "tab" | "ptab":
                    yield "\t"
                case "br" | "cr":
                    yield "\n"
                case "noBreakHyphen":
                    yield "-"
                case "footnoteReference":
                    yield f"[^{child.get('id')}]"
                case "endnoteReference":
                    yield f"[^e{child.get('id')}]"
                case "commentReference":
                    yield f"[comment {child.get('id')}]"
                case "oMath":
                    yield formula(child)
                case "hyperlink":
                    yield self._link(child)
                case "docPr" if child.get("descr"):
                    yield f"[picture: {one_line(child.get('descr', ''))}]"
                case "r" if _is_struck(child):
                    words = self._words(child)
                    yield f"~~{words}~~" if words.strip() else words
                case "p":
                    yield f"{self._words(child)}\n"
                case _:
                    yield from self._pieces(child)

    def _link(self, element: Element) -> str:
        words = self._words(element)
        address = self._links.get(element.get("r:id", ""), "")
        is_web = address.startswith(("http:", "https:", "mailto:"))
        return f"[{words}]({address})" if is_web and words.strip() and words != address else words

    def _heading_levels(self) -> Iterator[tuple[str, int]]:
        for name in self._package.related(self._part, "styles"):
            for style in self._package.tree(name).iter("style"):
                known = _value(style, "name").lower()
                number = known.removeprefix("heading ")
                level = 1 if known == "title" else int(number) if number.isdecimal() and number != known else 0
                level = level or _outline(style.find("pPr"))
                if level and style.get("type") == "paragraph":
                    yield style.get("styleId", ""), level

    def _list_formats(self) -> Iterator[tuple[tuple[str, int], str]]:
        for name in self._package.related(self._part, "numbering"):
            root = self._package.tree(name)
            shapes = {
                one.get("abstractNumId"): {
                    _number(level.get("ilvl")): _value(level, "numFmt") for level in one.iter("lvl")
                }
                for one in root.iter("abstractNum")
            }
            for number in root.iter("num"):
                for level, shape in shapes.get(_value(number, "abstractNumId"), {}).items():
                    yield (number.get("numId", ""), level), shape


def _found(container: Element, wanted: tuple[str, ...] | frozenset[str] = _BLOCKS) -> Iterator[Element]:
    """Yield the elements of these names that stand in a container, perhaps within controls and insertions."""
    for child in container:
        if child.tag in wanted:
            yield child
        elif child.tag not in _SILENT:
            yield from _found(child, wanted)


def _value(element: Element, *path: str) -> str:
    found = element.find("/".join(path))
    return "" if found is None else found.get("val", "")


def _outline(properties: Element | None) -> int:
    """Return the level of a heading that only says its place in the outline, or 0."""
    level = "" if properties is None else _value(properties, "outlineLvl")
    return int(level) + 1 if level.isdecimal() and int(level) < 9 else 0


def _is_struck(run: Element) -> bool:
    mark = run.find("rPr/strike")
    return mark is not None and mark.get("val") not in ("0", "false")


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 6 else 0
