"""A page in Python: it applies patches to nodes as the browser's script does, and says what it then shows."""

import itertools
import re
from collections.abc import Iterator
from html import escape, unescape
from typing import Any

from conversations.markdown.patches.shorthand import markup

_TOKEN = re.compile(r'<math[ >].*?</math>|<(/?)([a-z][a-z0-9]*)[^<>"]*(?:"[^"]*"[^<>"]*)*>|[^<]+', re.DOTALL)


class Node:
    """An element with its opening tag, or a formula or a text without any."""

    def __init__(self, opening: str = "", text: str = "") -> None:
        self.opening, self.text = opening, text
        self.children: list[Node] = []

    @property
    def is_text(self) -> bool:
        return not self.opening and not self.children

    def html(self) -> str:
        if self.opening.startswith("<math") or self.opening in ("<br>", "<hr>"):
            return self.opening
        if self.is_text:
            return escape(self.text, quote=False).replace("\xa0", "&nbsp;")
        name = re.match("<([a-z0-9]+)", self.opening)
        assert name
        return self.opening + "".join(child.html() for child in self.children) + f"</{name[1]}>"

    def words(self) -> str:
        return self.text + "".join(child.words() for child in self.children)

    def code(self) -> Iterator["Node"]:
        if self.opening == '<code class="highlight">':
            yield self
        for child in self.children:
            yield from child.code()


def parsed(html: str) -> list[Node]:
    root = Node("<root>")
    stack = [root]
    for token in _TOKEN.finditer(html):
        if not token[0].startswith("<"):
            stack[-1].children.append(Node(text=unescape(token[0])))
        elif token[1]:
            stack.pop()
        else:
            stack[-1].children.append(Node(token[0]))
            if token[2] not in (None, "br", "hr"):
                stack.append(stack[-1].children[-1])
    assert stack == [root], html
    return root.children


class PatchedPage:
    """One reply's texts in a page."""

    def __init__(self) -> None:
        self.texts: list[Node] = [Node("<div>")]
        self.closed = 0
        self.digest = "0"

    @property
    def html(self) -> list[str]:
        """Return what each text shows."""
        return ["".join(child.html() for child in text.children) for text in self.texts]

    def apply(self, patch: dict[str, Any], text: str) -> None:
        """Apply the patch to the nodes; `text` is the whole text so far."""
        assert patch["on"] == self.digest
        self.digest = patch.get("to", "")
        self._change(patch, text)
        for number, steps in patch.get("texts", {}).items():
            self._step(self.texts[int(number)], steps)
        for number, painted in patch.get("colours", {}).items():
            codes = [code for child in self.texts[int(number)].children for code in child.code()]
            for place, runs in painted:
                paint(codes[place], runs)
        for html in patch.get("more", ()):
            self.texts.append(Node("<div>"))
            self.closed = 0
            self.texts[-1].children = parsed(html)
        self.closed += patch.get("closed", 0)

    def _change(self, patch: dict[str, Any], text: str) -> None:
        root = self.texts[-1]
        if "at" in patch:
            *path, nodes, characters = patch["at"]
            add = [self._long(piece, patch, text) for piece in patch.get("add", ())]
            self._cut(root, list(path), nodes, characters, add)
        codes = [code for child in root.children[self.closed :] for code in child.code()]
        for number, runs in patch.get("paint", ()):
            paint(codes[number], runs)

    def _step(self, root: Node, steps: list[Any]) -> None:
        elements = [child for child in root.children if not child.is_text]
        root.children = []
        for step in steps:
            root.children += parsed(step) if isinstance(step, str) else elements[step[0] : step[1]]

    def _cut(self, root: Node, path: list[int], nodes: int, characters: int, add: list[str]) -> None:
        way = [root]
        for number in path:
            way.append(way[-1].children[number + (self.closed if len(way) == 1 else 0)])
        for around, inner in itertools.pairwise(way):
            del around.children[around.children.index(inner) + 1 :]
        last = way[-1]
        if len(way) == 1:
            nodes += self.closed
        kept = last.children[nodes].text if characters else ""
        del last.children[nodes:]
        if characters:
            units = kept.encode("utf-16-le")
            assert len(units) >= 2 * characters
            last.children.append(Node(text=units[: 2 * characters].decode("utf-16-le")))
        assert len(add) <= len(way)
        for html, element in zip(add, reversed(way), strict=False):
            new = parsed(html)
            if characters and element is last and new and new[0].is_text:
                last.children[-1].text += new.pop(0).text
            element.children += new

    def _long(self, piece: Any, patch: dict[str, Any], text: str) -> str:
        if isinstance(piece, list):
            units = text.encode("utf-16-le")
            begin = len(units) - 2 * piece[0]
            return escape(units[begin : begin + 2 * piece[1]].decode("utf-16-le"), quote=False)
        if patch.get("long"):
            return str(piece)
        return re.sub("[\x80-\x9f]", lambda short: markup()[ord(short[0]) - 0x80], piece)


def paint(code: Node, runs: str) -> None:
    """Colour the code."""
    units, at = code.words().encode("utf-16-le"), 0
    code.children = []

    def take(size: int) -> Node:
        nonlocal at
        at += size
        return Node(text=units[2 * (at - size) : 2 * at].decode("utf-16-le"))

    for run in re.finditer(r"([A-Z]|_\d+_)([A-Z]|_\d+_)([a-z][a-z0-9]*)", runs):
        gap, size = (ord(number) - ord("A") if len(number) == 1 else int(number[1:-1]) for number in run.groups()[:2])
        if gap:
            code.children.append(take(gap))
        code.children.append(Node(f'<span class="{run[3]}">'))
        code.children[-1].children = [take(size)]
    if 2 * at < len(units):
        code.children.append(take(len(units) // 2 - at))
