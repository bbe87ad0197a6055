"""HTML as Markdown: headings, lists, tables, links and code; scripts, styles and what they hide are left out."""

from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from conversations.files.converting.writing import MAX_COLUMNS, Blocks, heading, one_line, table

_SILENT = frozenset({"script", "style", "template", "noscript", "svg", "math", "iframe", "object", "head"})
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "header", "hr", "html", "li", "main", "nav", "ol", "p", "pre",
    "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
))  # fmt: skip
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_EMPTY = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_IN_HEAD = _SILENT | {"base", "link", "meta", "title"}
MAX_DEPTH = 500
MAX_HANGING = 1000
"""Rows over which one cell may hang."""
_Cell = tuple[str, int, int]
"""The words of a cell, and the columns and rows that it takes."""


def add_html(blocks: Blocks, text: str) -> None:
    """Add the blocks of a page; raises Full."""
    reader = _Reader(blocks)
    reader.feed(text)
    reader.close()
    reader.end()


class _Reader(HTMLParser):
    def __init__(self, blocks: Blocks) -> None:
        super().__init__()
        self._blocks = blocks
        self._words: list[str] = []
        self._silent: list[str] = []
        self._title: list[str] | None = None
        self._lists: list[int | None] = []
        self._mark = ""
        self._links: list[tuple[str, int]] = []
        self._rows: list[list[_Cell]] | None = None
        self._span = (1, 1)
        self._tables = self._pre = self._quotes = 0
        self._is_in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "title" and not any(name != "head" for name in self._silent):
            self._title = []
        if self._silent == ["head"] and tag not in _IN_HEAD:  # its end may be left out
            self._silent.clear()
        if tag == "math" and given.get("alttext") and not self._silent:
            self._words.append(f"${one_line(given['alttext'] or '')}$")
        if self._silent or tag in _SILENT:
            if tag == "body":
                self._silent.clear()
            elif tag not in _EMPTY and tag in _SILENT and len(self._silent) < MAX_DEPTH:
                self._silent.append(tag)
            return
        if tag in _HEADINGS or (tag in _BLOCKS and not self._tables):
            self._flush()
        match tag:
            case "br":
                self._words.append("\n")
            case "img" if given.get("alt"):
                self._words.append(f"[picture: {one_line(given['alt'] or '')}]")
            case "a" if (given.get("href") or "").startswith(("http:", "https:", "mailto:")):
                self._links.append((given["href"] or "", len(self._words)))
            case "a":
                self._links.append(("", 0))
            case "code" if not self._pre:
                self._words.append("`")
            case "pre":
                self._pre += 1
            case "blockquote":
                self._quotes += 1
            case "ul":
                self._lists.append(None)
            case "ol":
                self._lists.append(0)
            case "li" if self._lists:
                self._begin_item()
            case "table":
                self._tables += 1
                self._rows = [] if self._tables == 1 else self._rows
            case "tr" if self._tables == 1 and self._rows is not None:
                self._end_cell()
                self._rows.append([])
            case "td" | "th" if self._tables == 1:
                self._end_cell()
                self._is_in_cell = True
                self._span = _span(given.get("colspan"), MAX_COLUMNS), _span(given.get("rowspan"), MAX_HANGING)
            case "p" | "div" | "li" | "tr" | "td" | "th":
                self._words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title" and self._title is not None:
            title, self._title = one_line("".join(self._title)), None
            self._blocks.add(heading(1, title))
        if self._silent:
            if tag in self._silent:
                del self._silent[len(self._silent) - 1 - self._silent[::-1].index(tag) :]
            return
        if tag in _HEADINGS:
            words, self._words = "".join(self._words), []
            if self._tables:
                self._words.append(words + "\n")
            else:
                self._blocks.add(heading(_HEADINGS[tag], words))
            return
        match tag:
            case "a" if self._links:
                address, begin = self._links.pop()
                if address:
                    words = one_line("".join(self._words[begin:]))
                    self._words[begin:] = [f"[{words}]({address})" if words and words != address else address]
            case "code" if not self._pre:
                self._words.append("`")
            case "td" | "th" if self._tables == 1:
                self._end_cell()
            case "table" if self._tables:
                self._end_cell()
                self._tables -= 1
                if not self._tables:
                    self._blocks.add(table(_laid_out(self._rows or [])))
                    self._rows = None
        if tag in _BLOCKS and not self._tables:
            self._flush()
        if tag == "pre" and self._pre:
            self._pre -= 1
        if tag == "blockquote" and self._quotes:
            self._quotes -= 1
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()

    def handle_data(self, data: str) -> None:
        if self._title is not None:
            self._title.append(data)
        elif not self._silent:
            self._words.append(data if self._pre else data.replace("\n", " "))

    def end(self) -> None:
        """Add what is open at the end."""
        self._flush()
        if self._rows:
            self._end_cell()
            self._blocks.add(table(_laid_out(self._rows)))

    def _begin_item(self) -> None:
        depth, last = "  " * min(len(self._lists) - 1, 20), self._lists[-1]
        if last is None:
            self._mark = f"{depth}- "
        else:
            self._lists[-1] = last + 1
            self._mark = f"{depth}{last + 1}. "

    def _end_cell(self) -> None:
        words, self._words = "".join(self._words), []
        if self._is_in_cell and self._rows:
            self._rows[-1].append((words, *self._span))
        self._is_in_cell = False

    def _flush(self) -> None:
        words, self._words, self._links = "".join(self._words), [], []
        if self._pre:
            self._blocks.add(f"```\n{words.strip(chr(10))}\n```" if words.strip() else "")
            return
        text = "\n".join(line for line in map(one_line, words.split("\n")) if line)
        if text:
            quoted = text.replace("\n", "\n> ")
            self._blocks.add(self._mark + (f"> {quoted}" if self._quotes else text))
            self._mark = ""


def _span(number: str | None, most: int) -> int:
    """Return how many columns or rows a cell takes."""
    text = (number or "").strip()
    return max(1, min(int(text), most)) if text.isdecimal() and len(text) < 6 else 1


def _laid_out(rows: Iterable[list[_Cell]]) -> Iterator[list[str]]:
    """Yield each row with blanks where a cell takes several columns or hangs down, so that columns stay below heads."""
    hanging: dict[int, int] = {}
    for row in rows:
        cells: list[str] = []
        below: dict[int, int] = {}
        for words, width, height in row:
            while hanging.get(len(cells)):
                cells.append("")
            if height > 1:
                below |= dict.fromkeys(range(len(cells), min(len(cells) + width, MAX_COLUMNS)), height)
            cells += [words, *[""] * (width - 1)]
            if len(cells) >= MAX_COLUMNS:
                break
        hanging = {column: left - 1 for column, left in (hanging | below).items() if left > 1}
        while cells and not cells[-1]:
            cells.pop()
        yield cells
