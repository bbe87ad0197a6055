"""The pages of a PDF as pictures, for one that has no text: a scan."""

import base64
import io
import time

import pypdfium2

from conversations.files.converting.pdf import open_pdf

MAX_SIDE = 1400
"""Pixels of a picture's longer side: small print is still legible."""
MAX_BYTES, MAX_SECONDS = 8 * 2**20, 8
"""Bytes of all pictures, and processor time, from which on the other pages are left out."""
_QUALITY = 75


def pictures(content: bytes, most: int) -> dict[str, list[str]]:
    """Return the first pages as JPEG in base64; raises Refusal."""
    document = open_pdf(content)
    drawn: list[str] = []
    for number in range(min(len(document), most)):
        if time.process_time() > MAX_SECONDS:
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
