"""The choice of the reader for a document, from its content."""

import re
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from conversations.files.converting.package import Package
from conversations.files.converting.refusal import Refusal
from conversations.files.converting.writing import CUT, Blocks, Full

_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
WORD = f"{_OOXML}wordprocessingml.document"
SHEETS = f"{_OOXML}spreadsheetml.sheet"
SLIDES = f"{_OOXML}presentationml.presentation"
BOOK = "application/epub+zip"
_OPEN = (f"{_ODF}text", f"{_ODF}spreadsheet", f"{_ODF}presentation")
_MACROS = re.compile("macroenabled|vbaproject", re.IGNORECASE)
_NUL, _REPLACEMENT = "\0", "\ufffd"


def read(kind: str, content: bytes) -> dict[str, Any]:
    """Return the media type, the text, the number of pages and whether the text is cut; raises Refusal."""
    blocks, is_cut, pages, media_type = Blocks(), False, None, "text/plain"
    add: Callable[[], None]
    if kind == "zip":
        package = Package(content)
        media_type, add = _office(blocks, package)
    elif kind == "pdf":
        from conversations.files.converting.pdf import add_pages, open_pdf

        document = open_pdf(content)
        media_type, pages = "application/pdf", len(document)

        def add() -> None:
            add_pages(blocks, document)
    else:

        def add() -> None:
            _add_text(blocks, kind, content)

    try:
        add()
    except Full:
        is_cut = True
    text = blocks.text().replace(_NUL, _REPLACEMENT).encode("utf-8", "replace").decode()
    return {
        "media_type": media_type,
        "text": f"{text}\n\n{CUT}" if is_cut else text,
        "pages": pages,
        "is_cut": is_cut,
    }


def _add_text(blocks: Blocks, kind: str, content: bytes) -> None:
    from conversations.files.converting import delimited, encodings, html_text

    text = (encodings.declared_or_guessed if kind == "html" else encodings.decoded)(content)
    if text is None:
        raise Refusal("unsupported")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if kind == "html":
        html_text.add_html(blocks, text)
    else:
        blocks.add(delimited.as_table(text) if kind == "csv" else text)


def _office(blocks: Blocks, package: Package) -> tuple[str, Callable[[], None]]:
    """Return the media type of a zip, and what adds its blocks."""
    from conversations.files.converting.office import epub, open_document

    declared = package.read("mimetype")[:100].decode("ascii", "replace").strip() if "mimetype" in package else ""
    if declared == BOOK or (not declared and epub.CONTAINER in package):
        return BOOK, lambda: epub.add_book(blocks, package)
    if declared.removesuffix("-template") in _OPEN:
        return declared.removesuffix("-template"), lambda: open_document.add_open_document(blocks, package)
    if "[Content_Types].xml" in package:
        return _open_xml(blocks, package)
    raise Refusal("unsupported")


def _content_type(types: Element, part: str) -> str:
    """Return the type of a part: its own, or that of its ending, as Microsoft's library writes it."""
    own = {entry.get("PartName", "").lstrip("/").lower(): entry.get("ContentType", "") for entry in types}
    by_ending = {entry.get("Extension", "").lower(): entry.get("ContentType", "") for entry in types}
    return own.get(part.lower()) or by_ending.get(part.lower().rpartition(".")[2], "")


def _open_xml(blocks: Blocks, package: Package) -> tuple[str, Callable[[], None]]:
    from conversations.files.converting.office import sheets, slides, word

    types = package.tree("[Content_Types].xml")
    if any(map(_MACROS.search, (entry.get("ContentType", "") for entry in types))) or any(
        map(_MACROS.search, package.names)
    ):
        raise Refusal("macros")
    part = next(iter(package.related("", "officeDocument")), "")
    form = _content_type(types, part)
    for media_type, mark, add in (
        (WORD, "wordprocessingml", word.add_word),
        (SHEETS, "spreadsheetml", sheets.add_workbook),
        (SLIDES, "presentationml", slides.add_slides),
    ):
        if mark in form:
            return media_type, lambda add=add: add(blocks, package, part)  # type: ignore[misc]
    raise Refusal("unsupported")
