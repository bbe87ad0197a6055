"""A Word document of messages: python-docx with our styles, and the blocks of each message."""

import io
import re
from contextlib import suppress
from typing import Any, BinaryIO

from docx import Document
from docx.document import _Body
from docx.enum.style import WD_STYLE_TYPE
from docx.image.exceptions import UnrecognizedImageError
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from PIL import Image

from conversations.exports.word.building import styled
from conversations.exports.word.html_blocks import HtmlWriter

WIDTH, HEIGHT = Cm(16), Cm(20)
"""The most room for a picture."""
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LATIN, _CHINESE, _CODE = "Calibri", "Microsoft YaHei", "Consolas"
_SOFT = RGBColor(0x5C, 0x66, 0x62)


class WordDocument:
    """One document; each message is a heading of the second level with its blocks below it."""

    def __init__(self, title: str, language: str) -> None:
        self._document = Document()
        self._style(language)
        self._document.core_properties.title = showable(title)[:255]
        self._document.core_properties.author = ""
        self._document.add_heading(showable(title), level=1)
        self._html = HtmlWriter(self._document._block_width)
        self._end = self._document.element.body.sectPr
        self._begin()

    def add_message(self, message: dict[str, Any]) -> None:
        """Append a message; it is written apart, because each new block of a body is sought from its beginning."""
        self._begin()
        head = styled(self._body, "Heading 2", showable(message["name"]))
        run = head.add_run(f"   {message['time']}")
        run.font.size, run.font.bold, run.font.color.rgb = Pt(9), False, _SOFT
        for block in message["blocks"]:
            getattr(self, f"_add_{block['kind']}")(block)
        if message["note"]:
            self._add_line({"text": message["note"]})
        for block in list(self._body._element):
            self._end.addprevious(block)

    def _begin(self) -> None:
        self._body = _Body(OxmlElement("w:body"), self._document)

    def save(self, target: BinaryIO) -> None:
        self._document.save(target)

    def _add_html(self, block: dict[str, Any]) -> None:
        self._html.add(showable(block["html"]), self._body)

    def _add_thought(self, block: dict[str, Any]) -> None:
        self._add_line({"text": block["label"]})
        self._html.add(showable(block["html"]), self._body, "Quote")

    def _add_text(self, block: dict[str, Any]) -> None:
        self._paragraph(block["text"])

    def _add_quote(self, block: dict[str, Any]) -> None:
        self._add_line({"text": block["label"]})
        for line in filter(str.strip, block["text"].split("\n\n")):
            self._paragraph(line, "Quote")

    def _add_code(self, block: dict[str, Any]) -> None:
        self._add_line({"text": block["label"]})
        if block["text"]:
            self._paragraph(block["text"], "Code")

    def _add_line(self, block: dict[str, Any]) -> None:
        self._paragraph(block["text"], "Note")

    def _add_sources(self, block: dict[str, Any]) -> None:
        if block["sources"]:
            self._add_line({"text": block["label"]})
        for number, (title, address) in enumerate(block["sources"], block["first"]):
            line = self._paragraph(f"{number}. " if address else f"{number}. {title}", "Note")
            if address:
                self._html.add_link(line, address, showable(title))

    def _add_picture(self, block: dict[str, Any]) -> None:
        with suppress(OSError, ValueError, UnrecognizedImageError, Image.DecompressionBombError):
            picture, width = _as_known(block["path"])
            self._body.add_paragraph().add_run().add_picture(picture, width=width)
            return
        self._add_line({"text": block["name"]})

    def _paragraph(self, text: str, style: str = "Normal") -> Paragraph:
        return styled(self._body, style, showable(text))

    def _style(self, language: str) -> None:
        styles = self._document.styles
        normal = styles["Normal"]
        normal.font.name, normal.font.size = _LATIN, Pt(11)
        for name in ("Normal", "Heading 1", "Heading 2", "Heading 3", "Heading 4", "Heading 5", "Heading 6"):
            _fonts(styles[name], _LATIN)
            styles[name].font.italic = False
        quote = styles["Quote"]
        quote.font.italic, quote.font.color.rgb, quote.paragraph_format.left_indent = False, _SOFT, Cm(0.6)
        self._language(language)
        code = styles.add_style("Code", WD_STYLE_TYPE.PARAGRAPH)
        code.base_style, code.font.size = normal, Pt(9)
        _fonts(code, _CODE)
        _shade(code)
        note = styles.add_style("Note", WD_STYLE_TYPE.PARAGRAPH)
        note.base_style, note.font.size, note.font.color.rgb = normal, Pt(9), _SOFT

    def _language(self, language: str) -> None:
        for told in self._document.styles.element.iter(qn("w:lang")):
            told.set(qn("w:eastAsia"), "zh-CN")
            told.set(qn("w:val"), "zh-CN" if language.startswith("zh") else "en-US")


def showable(text: str) -> str:
    """Return the text without the characters that XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", text)


def _fonts(style: Any, latin: str) -> None:
    style.font.name = latin
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in [name for name in fonts.attrib if "Theme" in name]:
        del fonts.attrib[name]
    for script, font in (("ascii", latin), ("hAnsi", latin), ("eastAsia", _CHINESE)):
        fonts.set(qn(f"w:{script}"), font)


def _shade(style: Any) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", "F2F4F3")):
        shade.set(qn(f"w:{name}"), value)
    style.element.get_or_add_pPr().append(shade)


def _as_known(path: str) -> tuple[BinaryIO, int]:
    """Return a picture in a format that Word knows, and the width at which it fits."""
    with Image.open(path) as picture:
        width = min(WIDTH, int(HEIGHT * picture.width / picture.height), picture.width * 9525)
        if picture.format in ("PNG", "JPEG"):
            return open(path, "rb"), width
        drawn = io.BytesIO()
        picture.convert("RGBA").save(drawn, "PNG")
        drawn.seek(0)
        return drawn, width
