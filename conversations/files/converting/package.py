"""A zip of XML parts with limits: the form of Word, Excel, PowerPoint, OpenDocument and EPUB files."""

import io
import posixpath
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, cast
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from conversations.files.converting import xml_tree
from conversations.files.converting.refusal import Refusal

MAX_PARTS = 10_000
MAX_RATIO, RATIO_FROM = 100, 16 * 2**20
"""Bytes of all parts for each byte of the file, from so many bytes on: documents have 5 to 30."""
MAX_READ = 160 * 2**20
"""Bytes of all parts that are read."""
_ENCRYPTED = 0x1
_FETCHING = ("attachedTemplate", "oleObject", "frame", "subDocument", "aFChunk", "package")
"""Kinds of outside references that office programs load when they open the file."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A reference of a part: its kind, and the part or the address that it leads to."""

    kind: str
    target: str
    is_outside: bool


class Package:
    """The parts of a file by their names; raises Refusal for one that is damaged, encrypted or a zip bomb."""

    def __init__(self, content: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, OSError):
            raise Refusal("unreadable") from None
        entries = self._zip.infolist()
        size = sum(entry.file_size for entry in entries)
        if len(entries) > MAX_PARTS or (size > RATIO_FROM and size > MAX_RATIO * len(content)):
            raise Refusal("oversized")
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise Refusal("encrypted")
        # Some programs part the folders by a backslash.
        self.names = {entry.filename.replace("\\", "/").lower().lstrip("/"): entry.filename for entry in entries}
        self._left = MAX_READ

    def __contains__(self, name: str) -> bool:
        return name.lower() in self.names

    def open(self, name: str) -> IO[bytes]:
        """Return a part for reading; all parts together have one limit."""
        try:
            source = self._zip.open(self.names[name.lower()])
        except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError):
            raise Refusal("unreadable") from None
        return cast(IO[bytes], _Bounded(self, source))

    def read(self, name: str) -> bytes:
        pieces = []
        with self.open(name) as source:
            while piece := source.read(2**16):
                pieces.append(piece)
        return b"".join(pieces)

    def tree(self, name: str) -> Element:
        """Return a part as a tree, or an empty element if it is not there."""
        if name not in self:
            return Element("none")
        with self.open(name) as source:
            return xml_tree.tree(source)

    def relations(self, part: str) -> dict[str, Relation]:
        """Return the references of a part by their ids; `part` is empty for those of the package."""
        folder, name = posixpath.split(part)
        found = {}
        for entry in self.tree(posixpath.join(folder, "_rels", f"{name}.rels")).iter("Relationship"):
            relation = _relation(folder, entry)
            if relation.is_outside and relation.kind in _FETCHING:
                raise Refusal("outside")
            found[entry.get("Id", "")] = relation
        return found

    def related(self, part: str, kind: str) -> list[str]:
        """Return the names of the parts of this kind that a part refers to."""
        found = self.relations(part).values()
        return [one.target for one in found if one.kind == kind and not one.is_outside and one.target in self]

    def took(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise Refusal("oversized")


class _Bounded:
    """A part that is being read, at the expense of its package's limit."""

    def __init__(self, package: Package, source: IO[bytes]) -> None:
        self._package, self._source = package, source

    def read(self, size: int) -> bytes:
        try:
            piece = self._source.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError):
            raise Refusal("unreadable") from None
        self._package.took(len(piece))
        return piece

    def __enter__(self) -> "_Bounded":
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()


def _relation(folder: str, entry: Element) -> Relation:
    kind = entry.get("Type", "").rpartition("/")[2]
    target = entry.get("Target", "")
    if entry.get("TargetMode") == "External":
        return Relation(kind, target, is_outside=True)
    inside = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
    return Relation(kind, unquote(inside), is_outside=False)
