"""Hostile documents with the code of their refusal."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

import docx

from tests.conversations.document_samples import RELATIONS, book, changed, open_document, pdf, saved, zipped


@cache
def _plain_word() -> bytes:
    return saved(docx.Document())


def _bomb() -> bytes:
    made = io.BytesIO(_plain_word())
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("word/filler.xml", "w") as part:
        for _ in range(120):
            part.write(bytes(2**20))
    return made.getvalue()


def _many_parts() -> bytes:
    return zipped({f"word/{number}.xml": "" for number in range(10_001)})


def _lying_size() -> bytes:
    """Return a zip whose directory says that a huge part has ten bytes."""
    content = bytearray(changed(_plain_word(), word__document_xml=b"<w:document>" + b"<a/>" * 10**6))
    place = content.rfind(b"word/document.xml") - 46
    struct.pack_into("<I", content, place + 24, 10)
    return bytes(content)


def _laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return changed(_plain_word(), word__document_xml=f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]><x>&l9;</x>')


def _deep() -> bytes:
    return changed(_plain_word(), word__document_xml="<p>" * 100_000)


def _wide() -> bytes:
    return changed(_plain_word(), word__document_xml="<a>" + "<p/>" * 1_200_000 + "</a>")


def _relation(kind: str, target: str) -> Callable[[], bytes]:
    entry = f'<Relationship Id="x" Type="{RELATIONS}/{kind}" Target="{target}" TargetMode="External"/></Relationships>'
    return lambda: changed(_plain_word(), document_xml_rels=lambda old: old.replace("</Relationships>", entry))


def _macros() -> bytes:
    return changed(_plain_word(), word__vbaProject_bin=b"\0\1")


def _macro_type() -> bytes:
    plain = "vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    macro = "vnd.ms-word.document.macroEnabled.main+xml"
    return changed(_plain_word(), Types__xml=lambda old: old.replace(plain, macro))


def _encrypted_zip() -> bytes:
    content = bytearray(_plain_word())
    place = 0
    while (place := content.find(b"PK\1\2", place)) >= 0:
        content[place + 8] |= 1
        place += 4
    return bytes(content)


def _cut_zip() -> bytes:
    return _plain_word()[:-200]


def _broken_part() -> bytes:
    content = bytearray(_plain_word())
    place = content.find(b"word/document.xml") + 100
    content[place : place + 50] = bytes(50)
    return bytes(content)


def _encrypted_book() -> bytes:
    method = '<encryption><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></encryption>'
    return book({"one.xhtml": "x"}, **{"META-INF/encryption.xml": method})()


_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

HOSTILE: list[tuple[str, Callable[[], bytes], str]] = [
    ("bomb.docx", _bomb, "oversized_file"),
    ("parts.docx", _many_parts, "oversized_file"),
    ("lying.docx", _lying_size, "unreadable_file"),
    ("laughs.docx", _laughs, "outside_parts"),
    ("deep.docx", _deep, "oversized_file"),
    ("wide.docx", _wide, "oversized_file"),
    ("template.docx", _relation("attachedTemplate", "https://evil.example/t.dotm"), "outside_parts"),
    ("object.docx", _relation("oleObject", "file://server/share/x"), "outside_parts"),
    ("macros.docm", _macros, "file_with_macros"),
    ("type.docm", _macro_type, "file_with_macros"),
    (
        "basic.odt",
        open_document("text", "<text:p>x</text:p>", **{"Basic/Standard/Module1.xml": "Sub Main"}),
        "file_with_macros",
    ),
    ("encrypted.docx", lambda: _OLE + bytes(504) + "EncryptedPackage".encode("utf-16-le"), "encrypted_file"),
    ("old.xls", lambda: _OLE + bytes(504), "old_format"),
    ("zip.docx", _encrypted_zip, "encrypted_file"),
    (
        "encrypted.odt",
        open_document("text", "", **{"META-INF/manifest.xml": "<m><encryption-data/></m>"}),
        "encrypted_file",
    ),
    ("drm.epub", _encrypted_book, "encrypted_file"),
    ("locked.pdf", lambda: pdf("secret", encrypted=True), "encrypted_file"),
    ("cut.xlsx", _cut_zip, "unreadable_file"),
    ("broken.docx", _broken_part, "unreadable_file"),
    (
        "entity.odt",
        lambda: zipped(
            {
                "mimetype": "application/vnd.oasis.opendocument.text",
                "content.xml": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
            }
        ),
        "outside_parts",
    ),
    ("archive.zip", lambda: zipped({"a.txt": "words"}), "bad_field"),
    ("program.exe", lambda: b"MZ\x90\x00" + bytes(60), "bad_field"),
    ("noise.txt", lambda: zlib.compress(b"words" * 50), "bad_field"),
]
