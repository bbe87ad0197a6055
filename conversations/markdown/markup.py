"""Tokens to HTML, where ours differs from the parser's own."""

from collections.abc import Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from conversations.markdown.code_blocks import code_block
from conversations.markdown.formulas import formula, formula_as_text
from conversations.markdown.math_rules import closer_of

MAX_SHOWN_ADDRESS = 300


def add_markup(md: MarkdownIt) -> None:
    """Give the parser's renderer our markup."""
    for name, rule in _RULES.items():
        md.add_render_rule(name, rule)


def plain_paragraph(text: str) -> str:
    """Return text as it was written, line breaks kept by the style sheet."""
    return f'<p class="plain-text">{escape(text, quote=False)}</p>\n'


def _fence(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    is_at_the_end = token.map is not None and token.map[1] >= env["end"] if env["end"] else False
    return code_block(token.content, token.info, colours=not is_at_the_end)


def _indented_code(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return code_block(tokens[index].content)


def _image(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    address = escape(token.meta["address"][:MAX_SHOWN_ADDRESS])
    return f'<span class="image-chip" title="{address}">{escape(token.content, quote=False)}</span>'


def _link_open(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Show where a link leads as its title, in place of one its author could mislead with."""
    token = tokens[index]
    address = str(token.attrs["href"])
    title = "" if token.info == "auto" else f' title="{escape(address[:MAX_SHOWN_ADDRESS])}"'
    return f'<a href="{escape(address)}"{title}>'


def _line_break(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    # People press Enter, and models begin lines of verse, of an address, of a list of options, where they mean a new line;
    # who wraps prose at a column, as CommonMark assumes, does not do it in a chat.
    return "<br>\n"


def _task_box(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    checked = "true" if tokens[index].meta["checked"] else "false"
    return f'<span class="task-box" role="checkbox" aria-checked="{checked}" aria-disabled="true"></span>'


def _table_open(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return '<div class="table-scroll"><table>\n'


def _table_close(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return "</table></div>\n"


def _cell_open(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Say a cell's alignment by class: a strict content security policy blocks `style`."""
    token = tokens[index]
    style = str(token.attrs.pop("style", ""))
    if style:
        token.attrJoin("class", style.replace("text-align:", "align-"))
    return renderer.renderToken(tokens, index, options, env)


def _math_inline(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    written = token.markup + token.content + closer_of(token.markup)
    return formula(token.content, written, display=token.markup in ("$$", "\\["))


def _math_block(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    closed = token.meta["closed"]
    written = token.markup + token.content + (closer_of(token.markup) if closed else "")
    shown = formula(token.content, written, display=True) if closed else formula_as_text(written)
    return f'<div class="math-block">{shown}</div>\n'


_RULES = {
    "fence": _fence,
    "code_block": _indented_code,
    "image": _image,
    "link_open": _link_open,
    "softbreak": _line_break,
    "hardbreak": _line_break,
    "task_box": _task_box,
    "table_open": _table_open,
    "table_close": _table_close,
    "th_open": _cell_open,
    "td_open": _cell_open,
    "math_inline": _math_inline,
    "math_block": _math_block,
}
