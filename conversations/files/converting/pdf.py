"""The text layer of a PDF, page by page."""

import re

import pypdfium2
from pypdfium2 import raw

from conversations.files.converting.refusal import Refusal
from conversations.files.converting.writing import Blocks, Full

MAX_PAGES = 5000
"""Pages whose text is read."""
_ODD = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")
_MAX_ODD = 0.3
"""Share of characters without meaning from which a text layer is none: its fonts do not name their letters."""
_HYPHEN = "\ufffe"
"""The mark that PDFium puts where a word was divided at the end of a line."""


def open_pdf(content: bytes) -> pypdfium2.PdfDocument:
    """Return the document; raises Refusal if it is encrypted or damaged."""
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as problem:
        raise Refusal("encrypted" if problem.err_code == raw.FPDF_ERR_PASSWORD else "unreadable") from None


def add_pages(blocks: Blocks, document: pypdfium2.PdfDocument) -> None:
    """Add the text of each page below its number, or nothing if there is no text layer; raises Full."""
    pages = [_text(document, number) for number in range(min(len(document), MAX_PAGES))]
    everything = "".join(pages)
    if len(_ODD.findall(everything)) >= _MAX_ODD * max(1, len(everything.strip())):
        return
    for number, text in enumerate(pages, 1):
        if text.strip():
            blocks.add(f"## Page {number}\n\n{text}")
    if len(document) > MAX_PAGES:
        raise Full


def _text(document: pypdfium2.PdfDocument, number: int) -> str:
    try:
        page = document[number]
        layer = page.get_textpage()
        text = str(layer.get_text_range())
        layer.close()
        page.close()
    except pypdfium2.PdfiumError:
        return ""
    return text.replace(_HYPHEN, "").replace("\r\n", "\n")
