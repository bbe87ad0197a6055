"""Task boxes at the begin of list items."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

MAX_NAME = 80
"""Characters of an item that name its box for screen readers."""
_TASK = re.compile(r"\[([ xX])\](?:[ \t]+(?=\S)|[ \t]+$)")


def add_tasks(md: MarkdownIt) -> None:
    """Add task boxes to the parser, as `task_box` tokens with `checked` and `name` as meta."""
    md.core.ruler.push("tasks", _tasks)


def _tasks(state: StateCore) -> None:
    for item, _, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type == "list_item_open" and inline.type == "inline" and inline.children:
            _take_task(item, inline.children)


def _take_task(item: Token, children: list[Token]) -> None:
    match = _TASK.match(children[0].content) if children[0].type == "text" else None
    # Its words may begin with markup: then the text ends behind the box.
    if match and (match.end() < len(children[0].content) or len(children) > 1):
        item.attrJoin("class", "task-list-item")
        children[0].content = children[0].content[match.end() :]
        meta = {"checked": match[1] != " ", "name": _name(children)}
        children.insert(0, Token("task_box", "", 0, meta=meta))


def _name(children: list[Token]) -> str:
    words = ""
    for child in children:
        if child.type in ("softbreak", "hardbreak") or len(words) >= MAX_NAME:
            break
        words += child.content
    return words[:MAX_NAME].strip()
