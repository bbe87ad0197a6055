"""Frequent markup as single characters, which the page replaces again: C1 controls, which no text has."""

import re

_MARKUP = (
    "<td>", "</td>\n", "<tr>\n", "</tr>\n", "<li>", "</li>\n", "<p>", "</p>\n", "<strong>", "</strong>", "<em>",
    "</em>", "<code>", "</code>", "<br>\n", '<span class="', "</span>", '<td class="align-', "<mi>", "</mi>", "<mo>",
    "</mo>", "<mn>", "</mn>", "<mrow>", "</mrow>", "<ul>\n", "</ul>\n", '<a href="', "</a>",
    ' target="_blank" rel="noopener noreferrer nofollow ugc">', '<div class="code-block',
)  # fmt: skip
_FIRST = 0x80
_LONG = re.compile("|".join(sorted(map(re.escape, _MARKUP), key=len, reverse=True)))
_SHORT = {markup: chr(_FIRST + number) for number, markup in enumerate(_MARKUP)}
_CONTROL = re.compile("[\x80-\x9f]")


def shorten(html: str) -> str | None:
    """Return the HTML with frequent markup as single characters; None for HTML that has such characters itself."""
    if _CONTROL.search(html):
        return None
    return _LONG.sub(lambda markup: _SHORT[markup[0]], html)


def markup() -> tuple[str, ...]:
    """Return the markup that the characters from U+0080 on stand for, in their order."""
    return _MARKUP
