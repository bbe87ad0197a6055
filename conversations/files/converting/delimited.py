"""Tables with separated values (CSV, TSV) as Markdown tables."""

import csv
import io
from collections import Counter
from collections.abc import Iterator

from conversations.files.converting.writing import MAX_CHARACTERS, MAX_COLUMNS, table

_SEPARATORS = ",;\t|，"
_LOOKED_AT = 50
"""Lines by which the separator is told."""


def as_table(text: str) -> str:
    """Return the text as a Markdown table, or as it is if it has no columns."""
    separator = _separator(text)
    if separator is None:
        return text
    try:
        return table(_rows(text, separator)) or text
    except csv.Error:
        return text


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_CHARACTERS)
    left = MAX_CHARACTERS
    for row in csv.reader(io.StringIO(text), delimiter=separator):
        if len(row) > MAX_COLUMNS:
            raise csv.Error
        yield row
        left -= sum(map(len, row)) + 3 * len(row)
        if left < 0:
            return


def _separator(text: str) -> str | None:
    """Return the separator that most of the first lines have, and as often as each other; None without columns."""
    lines = [line for line in text[:65536].split("\n")[:_LOOKED_AT] if line.strip()]
    best = {}
    for separator in _SEPARATORS:
        counts = Counter(line.count(separator) for line in lines)
        counts.pop(0, None)
        if counts:
            count, agreeing = counts.most_common(1)[0]
            best[separator] = (agreeing / len(lines), count)
    return max(best, key=lambda separator: best[separator], default=None)
