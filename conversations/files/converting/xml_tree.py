"""XML as trees of bounded size, without declarations of types: so no entity is declared, expanded or fetched.

Names are local, because strict and transitional files of one format differ in their namespaces alone. An attribute in
a namespace of relationships is `r:name`.
"""

from collections.abc import Collection, Iterator
from typing import IO
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from conversations.files.converting.refusal import Refusal

MAX_ELEMENTS = 1_000_000
MAX_DEPTH = 150
"""Depth at which walks over a tree are still far from Python's limit."""
_PIECE = 64 * 1024
_LEFT_OUT = "Fallback"
"""The older form of something that stands before it in a newer one."""


def tree(source: IO[bytes]) -> Element:
    """Return the root of the whole document; raises Refusal."""
    root = None
    for root in elements(source, ()):  # noqa: B007
        pass
    assert root is not None
    return root


def elements(source: IO[bytes], wanted: Collection[str]) -> Iterator[Element]:
    """Yield each element of these names at its end, and free it; the root comes last. Raises Refusal."""
    reader = _Reader(frozenset(wanted))
    while piece := source.read(_PIECE):
        reader.feed(piece)
        yield from reader.take()
    reader.feed(b"", is_end=True)
    yield from reader.take()
    yield reader.root()


def words(element: Element) -> str:
    """Return all text below an element."""
    return "".join(element.itertext())


class _Reader:
    def __init__(self, wanted: frozenset[str]) -> None:
        self._wanted = wanted
        self._builder = TreeBuilder()
        self._path: list[Element] = []
        self._ended: list[Element] = []
        self._count = self._skipped = 0
        self._parser = parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._refuse

    def feed(self, piece: bytes, *, is_end: bool = False) -> None:
        try:
            self._parser.Parse(piece, is_end)
        except (expat.ExpatError, ValueError, LookupError):
            raise Refusal("unreadable") from None

    def take(self) -> Iterator[Element]:
        ended, self._ended = self._ended, []
        yield from ended

    def root(self) -> Element:
        root = self._builder.close()
        assert isinstance(root, Element)
        return root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition("}")[2]
        if self._skipped or local == _LEFT_OUT:
            self._skipped += 1
            return
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._path) > MAX_DEPTH:
            raise Refusal("oversized")
        self._path.append(self._builder.start(local, {_attribute(key): value for key, value in attributes.items()}))

    def _end(self, _name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        element = self._path.pop()
        self._builder.end(element.tag)
        if element.tag in self._wanted and self._path:
            del self._path[-1][-1]  # it stands last; a search for it would take long beside many others
            self._count -= sum(1 for _ in element.iter())
            self._ended.append(element)

    def _data(self, data: str) -> None:
        if not self._skipped:
            self._builder.data(data)

    def _doctype(self, _name: str, _system: str | None, _public: str | None, declares: bool) -> None:
        """Take a document type that only names itself, as old files have it: what it names is never fetched."""
        if declares:
            self._refuse()

    def _refuse(self, *_: object) -> None:
        raise Refusal("outside")


def _attribute(name: str) -> str:
    space, _, local = name.rpartition("}")
    return f"r:{local}" if space.endswith("/relationships") else local
