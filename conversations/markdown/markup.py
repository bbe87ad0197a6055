"""HTML of tokens where ours differs from the parser's own."""

from collections.abc import Callable, Sequence
from html import escape
from types import ModuleType
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from conversations.markdown.code.blocks import code_block, language_of
from conversations.markdown.formulas.delimiters import closer_of, is_environment
from conversations.markdown.plain import formula_as_text
from conversations.markdown.process.time_budget import uncounted

MAX_SHOWN_ADDRESS = 300


def add_markup(md: MarkdownIt) -> None:
    """Give the parser's renderer our markup."""
    for name, markup in _MARKUP.items():
        md.add_render_rule(name, _render_rule(markup))


def _render_rule(markup: Callable[[Token], str]) -> Callable[..., str]:
    def rule(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        return markup(tokens[index])

    return rule


def _fence(token: Token) -> str:
    if token.meta.get("open") or not language_of(token.info):
        return code_block(token.content, token.info)
    return code_block(token.content, token.info, uncounted(_colours)(token.content, language_of(token.info)))


def _colours() -> Callable[[str, str], str]:
    from conversations.markdown.code.colours import coloured  # loads Pygments, which many replies do not need

    return coloured


def _formulas() -> ModuleType:
    from conversations.markdown.formulas import mathml  # loads 12 MB of symbols

    return mathml


def _indented_code(token: Token) -> str:
    return code_block(token.content)


def _image(token: Token) -> str:
    address = token.meta["address"]
    shown = escape(address[:MAX_SHOWN_ADDRESS])
    chip = f'<span class="image-chip" title="{shown}">{escape(token.content, quote=False)}</span>'
    return f'<a href="{escape(address)}">{chip}</a>' if token.meta["leads"] else chip


def _link_open(token: Token) -> str:
    """Show a link's address as its title, in place of a title by which its author could mislead."""
    address = str(token.attrs["href"])
    title = "" if token.info == "auto" else f' title="{escape(address[:MAX_SHOWN_ADDRESS])}"'
    return f'<a href="{escape(address)}"{title}>'


def _line_break(_token: Token) -> str:
    # People press Enter and models begin lines (of verse, an address, a list of options) where they mean a new line.
    # CommonMark assumes prose wrapped at a column, which nobody does in a chat.
    return "<br>\n"


def _task_box(token: Token) -> str:
    checked = "true" if token.meta["checked"] else "false"
    name = f' aria-label="{escape(token.meta["name"])}"' if token.meta["name"] else ""
    return f'<span class="task-box" role="checkbox" aria-checked="{checked}" aria-disabled="true"{name}></span>'


def _table_open(token: Token) -> str:
    return f'<div class="table-scroll" tabindex="0"><table{_direction(token)}>\n'


def _table_close(_token: Token) -> str:
    return "</table></div>\n"


def _cell_open(token: Token) -> str:
    """Set a cell's alignment by class, because a strict content security policy blocks `style`."""
    alignment = str(token.attrs.get("style", "")).replace("text-align:", "align-")
    classes = " ".join(filter(None, (alignment, str(token.attrs.get("class", "")))))
    shown = f' class="{classes}"' if classes else ""
    return f"<{token.tag}{shown}{_direction(token)}>"


def _direction(token: Token) -> str:
    return f' dir="{token.attrs["dir"]}"' if "dir" in token.attrs else ""


def _math_inline(token: Token) -> str:
    is_chemistry = token.markup == "\\ce"
    written = token.markup + token.content + closer_of(token.markup)
    source = written if is_chemistry else token.content
    return uncounted(_formulas).formula(source, written, display=token.markup in ("$$", "\\["))


def _math_block(token: Token) -> str:
    written, stop = token.markup + token.content, token.meta["stop"]
    if token.meta["closed"]:
        written += closer_of(token.markup)
        source = written if is_environment(token.markup) else token.content
        shown = uncounted(_formulas).formula(source, written + stop, display=True, stop=stop)
    else:
        shown = formula_as_text(written)
    return f'<div class="math-block" tabindex="0">{shown}</div>\n'


def _nothing(_token: Token) -> str:
    return ""


def _details_open(token: Token) -> str:
    return f"<details{' open' if 'open' in token.attrs else ''}{_direction(token)}>\n"


def _footnote(token: Token) -> str:
    return f'<sup class="footnote">{escape(token.content)}</sup>'


def _cite(token: Token) -> str:
    return f'<sup class="cite">{token.content}</sup>'


_MARKUP = {
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
    "formula_open": _nothing,
    "formula_close": _nothing,
    "details_open": _details_open,
    "footnote": _footnote,
    "cite": _cite,
}
