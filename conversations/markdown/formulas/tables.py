"""Lines and columns of tables in formulas; MathML of browsers knows no lines, so classes draw them."""

import re
from xml.etree.ElementTree import Element

_ARRAY = re.compile(r"(\\begin\s*\{array\})\s*(?:\[[tbc]\])?\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_REPEATED = re.compile(r"\*\s*\{\s*(\d)\s*\}\s*\{([^{}]*)\}")
_PARAGRAPH = re.compile(r"[pmb]\s*\{[^{}]*\}")
_NO_COLUMN = re.compile(r"[@!<>]\s*\{[^{}]*\}|\s")
# The converter forgets where lines between rows stand: the mark of one is found again at the begin of its row.
_LINE = re.compile(r"\\hline(?![A-Za-z])")
_LINE_MARK = "\N{SYMBOL FOR RECORD SEPARATOR}"
_ABOVE, _BELOW, _LEFT, _RIGHT = "math-line", "math-line-below", "math-line-left", "math-line-right"


def prepared(latex: str) -> str:
    """Return the LaTeX with marks for lines between rows, and columns as the converter reads them: `c|c`."""
    return _LINE.sub(rf"\\text{{{_LINE_MARK}}}", _ARRAY.sub(_array, latex))


def draw(root: Element, latex: str) -> None:
    """Give rows and cells the classes that draw the lines of this prepared LaTeX."""
    lined = (columns for _, columns in _ARRAY.findall(latex) if "|" in columns)
    for table in root.iter("mtable"):
        if table.attrib.pop("columnlines", None):
            _draw_columns(table, next(lined, ""))
        _draw_rows(table)


def _array(begin: re.Match[str]) -> str:
    columns = _REPEATED.sub(lambda several: several[2] * int(several[1]), begin[2])
    columns = _NO_COLUMN.sub("", _PARAGRAPH.sub("l", columns))
    return f"{begin[1]}{{{re.sub('[|:]+', '|', columns)}}}"


def _draw_columns(table: Element, columns: str) -> None:
    """Draw the lines left of cells, and that behind the last column: `|c|c|`."""
    at, *parts = 0, *columns.split("|")
    ends = [at := at + len(part) for part in parts[:-1]]
    last = sum(map(len, parts))
    for row in table:
        for number, cell in enumerate(row):
            classes = [_LEFT] * (number in ends) + [_RIGHT] * (number == last - 1 and last in ends)
            if classes:
                cell.set("class", " ".join(classes))


def _draw_rows(table: Element) -> None:
    """Draw the lines above marked rows; a last row that is only marks becomes a line below."""
    rows = list(table)
    for row in rows:
        marks = [one for one in row[0] if one.tag == "mtext" and one.text == _LINE_MARK] if len(row) else []
        for mark in marks:
            row[0].remove(mark)
        if marks and row is rows[-1] and row is not rows[0] and not any(len(cell) for cell in row):
            table.remove(row)
            rows[-2].set("class", f"{rows[-2].get('class', '')} {_BELOW}".strip())
        elif marks:
            row.set("class", _ABOVE)
