"""EPUB books as Markdown: their chapters in the order of reading.

Source: EPUB 3.3 (container, package document, spine). Some fonts are obfuscated, which is no encryption of the text.
"""

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from conversations.files.converting.encodings import declared_or_guessed
from conversations.files.converting.html_text import add_html
from conversations.files.converting.package import Package
from conversations.files.converting.refusal import Refusal
from conversations.files.converting.writing import Blocks, heading

CONTAINER = "META-INF/container.xml"
"""The part that names the book's package; readers also take books that do not say their type."""
_OBFUSCATED = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def add_book(blocks: Blocks, package: Package) -> None:
    """Add the title and the chapters of a book; raises Full and Refusal."""
    for method in package.tree("META-INF/encryption.xml").iter("EncryptionMethod"):
        if method.get("Algorithm") not in _OBFUSCATED:
            raise Refusal("encrypted")
    rootfile = next(package.tree(CONTAINER).iter("rootfile"), None)
    part = "" if rootfile is None else rootfile.get("full-path", "")
    if part not in package:
        raise Refusal("unreadable")
    root = package.tree(part)
    blocks.add(heading(1, next((title.text or "" for title in root.iter("title")), "")))
    chapters = {
        item.get("id"): posixpath.normpath(posixpath.join(posixpath.dirname(part), unquote(item.get("href", ""))))
        for item in root.iter("item")
    }
    for name in _in_order(chapters, [entry.get("idref") for entry in root.iter("itemref")]):
        if name in package:
            add_html(blocks, declared_or_guessed(package.read(name)) or "")


def _in_order(chapters: dict[str | None, str], ids: list[str | None]) -> Iterator[str]:
    for key in dict.fromkeys(ids):
        if key in chapters:
            yield chapters[key]
