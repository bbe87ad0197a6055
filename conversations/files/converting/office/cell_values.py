"""Numbers of a workbook as people see them: as dates, times, percentages or plain numbers.

Source: ECMA-376, part 1, 18.8.30 (numFmt). Other formats only round, group or colour a number, so it is shown as it is.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

_DATES = {*range(14, 18), 22, *range(27, 32), 36, *range(50, 59)}
_TIMES = {18, 19, 20, 21, *range(32, 36), 45, 46, 47}
_PERCENTAGES = {9, 10}
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_LAST_DAY = 2_958_466
"""The number of the first day that has no date: of the year 10000."""


@dataclass(frozen=True, slots=True)
class Format:
    """The meaning of a number: a date, a time of day, both, a percentage, or none of these."""

    has_date: bool = False
    has_time: bool = False
    is_percentage: bool = False
    is_1904: bool = False


PLAIN = Format()


class Formats:
    """The formats of a workbook's cells, by the number of their style."""

    def __init__(self, styles: Element, is_1904: bool) -> None:
        own = {one.get("numFmtId"): one.get("formatCode", "") for one in styles.iter("numFmt")}
        cells = styles.find("cellXfs")
        self._formats = [
            _format(one.get("numFmtId", "0"), own.get(one.get("numFmtId"), ""), is_1904)
            for one in ([] if cells is None else cells.iter("xf"))
        ]

    def of(self, style: str | None) -> Format:
        number = int(style) if style and style.isdecimal() else -1
        return self._formats[number] if 0 <= number < len(self._formats) else PLAIN


def shown(value: str, form: Format) -> str:
    """Return a stored number as people see it in this format."""
    try:
        number = float(value)
    except ValueError:
        return value
    if form.has_date or form.has_time:
        return _moment(number, form) or value
    if form.is_percentage:
        return f"{round(100 * number, 6):g}%"
    return _plain(number, value)


def _format(number: str, code: str, is_1904: bool) -> Format:
    key = int(number) if number.isdecimal() else 0
    if key in _PERCENTAGES:
        return Format(is_percentage=True)
    if not code:
        return Format(key in _DATES, key in _TIMES or key == 22, is_1904=is_1904)
    bare = _QUOTED.sub("", code.split(";")[0]).lower()
    if "general" in bare or not re.search("[ymdhs]", bare):
        return Format(is_percentage="%" in bare)
    has_time = "h" in bare or "s" in bare
    return Format(bool(re.search("[yd]", bare)) or not has_time, has_time, is_1904=is_1904)


def _moment(number: float, form: Format) -> str:
    if not 0 <= number < _LAST_DAY:
        return ""
    # 1900 counts as a leap year there, so days are right from March 1900 on.
    begin = datetime(1904, 1, 1) if form.is_1904 else datetime(1899, 12, 30)
    at = begin + timedelta(seconds=round(number * 86_400))
    clock = f"{at:%H:%M:%S}".removesuffix(":00")
    if not form.has_date:
        hours = int(round(number * 86_400) // 3600)
        return clock if number < 1 else f"{hours}{clock[2:]}"
    return f"{at:%Y-%m-%d} {clock}" if form.has_time else f"{at:%Y-%m-%d}"


def _plain(number: float, value: str) -> str:
    """Return a number without the digits that only binary fractions have."""
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return value if len(value) < 12 else f"{number:.15g}"
