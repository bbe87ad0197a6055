"""Tables for spreadsheets: CSV in pieces, in which no cell is a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
_PIECE = 500
"""Rows written at once."""


def csv_lines(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The whole table, piece by piece; begins with the mark by which spreadsheets know UTF-8.

    A text that would be a formula gets an apostrophe in front (OWASP, CSV Injection).
    """
    page = StringIO()
    page.write("\ufeff")
    sheet = csv.writer(page)
    sheet.writerow(map(_cell, header))
    for number, row in enumerate(rows, 1):
        sheet.writerow(map(_cell, row))
        if number % _PIECE == 0:
            yield _taken(page)
    yield _taken(page)


def _cell(value: Any) -> Any:
    text = "" if value is None else value
    return f"'{text}" if isinstance(text, str) and text.startswith(_FORMULA) else text


def _taken(page: StringIO) -> bytes:
    written = page.getvalue()
    page.seek(0)
    page.truncate()
    return written.encode()
