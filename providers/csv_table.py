"""CSV tables for spreadsheets, written in pieces, in which no cell is a formula."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

_FORMULA = re.compile(r"""(^[\s"]*|[;\t\r\n][\s"]*)(?=[=+@＝＋－＠-])|^(?=[\t\r\n])""")
"""The places at which a formula would begin: the start of a text, and places within it.

In some countries spreadsheets separate cells at `;`, and end a line at a line end within a cell. So a formula may also
begin after `;` and after line ends.
"""
_PIECE = 500
"""Rows read and written at once."""
_Row = TypeVar("_Row", bound=Model)


def csv_lines(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Yield the whole table in pieces. The first begins with the mark by which spreadsheets recognise UTF-8.

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


def in_batches(rows: "QuerySet[_Row]", *order: str) -> Iterator[_Row]:
    """Yield all rows in this order, with one batch of them in memory.

    The order is ascending, or descending with "-" before each name, and must be total. A cursor would hold all rows in
    memory wherever a pooler or a driver supports none.
    """
    rows, after = rows.order_by(*order), Q()
    while batch := list(rows.filter(after)[:_PIECE]):
        yield from batch
        after = _behind(batch[-1], order)


def _behind(row: Model, order: Sequence[str]) -> Q:
    found, same = Q(), Q()
    for name in (one.removeprefix("-") for one in order):
        value = getattr(row, name)
        found |= same & Q(**{f"{name}__{'lt' if order[0].startswith('-') else 'gt'}": value})
        same &= Q(**{name: value})
    return found


def _cell(value: Any) -> Any:
    text = "" if value is None else value
    return _FORMULA.sub(r"\1'", text) if isinstance(text, str) else text


def _taken(page: StringIO) -> bytes:
    written = page.getvalue()
    page.seek(0)
    page.truncate()
    return written.encode()
