"""The text layer of a PDF, page by page, and the pages of one without text, a scan, as pictures."""

import base64
import io
import re
import time

import pypdfium2
from pypdfium2 import raw

from conversations.files.converting.refusal import Refusal
from conversations.files.converting.writing import MAX_CHARACTERS, Blocks, Full

MAX_PAGES = 5000
"""Pages whose text is read."""
_ODD = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")
_MAX_ODD = 0.3
"""Share of characters without meaning from which a text layer is none: its fonts do not name their letters."""
_HYPHEN = "\ufffe"
"""The mark that PDFium puts where a word was divided at the end of a line."""

MAX_SIDE = 1400
"""Pixels of a picture's longer side: small print is still legible."""
MAX_BYTES, MAX_SECONDS = 8 * 2**20, 8
"""Bytes of all pictures, and processor time of pictures or text, from which on the other pages are left out."""
_QUALITY = 75


def open_pdf(content: bytes) -> pypdfium2.PdfDocument:
    """Return the document; raises Refusal if it is encrypted or damaged."""
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as problem:
        raise Refusal("encrypted" if problem.err_code == raw.FPDF_ERR_PASSWORD else "unreadable") from None


def add_pages(blocks: Blocks, document: pypdfium2.PdfDocument) -> None:
    """Add the text of each page below its number, or nothing if there is no text layer; raises Full."""
    pages: list[str] = []
    left, until = MAX_CHARACTERS, time.process_time() + MAX_SECONDS
    for number in range(min(len(document), MAX_PAGES)):
        pages.append(_text(document, number))
        left -= len(pages[-1])
        if left < 0 or time.process_time() > until:
            break
    everything = "".join(pages)
    if not everything.strip() or len(_ODD.findall(everything)) >= _MAX_ODD * max(1, len(everything.strip())):
        return
    for number, text in enumerate(pages, 1):
        if text.strip():
            blocks.add(f"## Page {number}\n\n{text}")
    if len(document) > len(pages):
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


def pictures(content: bytes, most: int) -> dict[str, list[str]]:
    """Return the first pages as JPEG in base64; raises Refusal."""
    document = open_pdf(content)
    drawn: list[str] = []
    until = time.process_time() + MAX_SECONDS
    for number in range(min(len(document), most)):
        if time.process_time() > until:
            break
        drawn.append(base64.b64encode(_picture(document[number])).decode())
        if sum(map(len, drawn)) > MAX_BYTES:
            drawn.pop()
            break
    return {"pictures": drawn}


def _picture(page: pypdfium2.PdfPage) -> bytes:
    """Return one page; however large it says it is, the picture has at most MAX_SIDE pixels a side."""
    scale = MAX_SIDE / max(*page.get_size(), 1)
    written = io.BytesIO()
    page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB").save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()
