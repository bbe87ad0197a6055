"""Documents among the uploads: judged and read once, and told to models in the form that they take."""

import base64
import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from uuid import UUID

from conversations.content import file_parts
from conversations.errors import Refused
from conversations.files import sounds
from conversations.files.converting import child
from conversations.files.converting.refusal import Refusal
from conversations.files.media_types import media_type_of
from conversations.models import File, FileText, User
from conversations.models.file import MAX_PICTURES, PDF, PLAIN_TEXT, SOUNDS, Form
from conversations.usage import estimates, token_counts
from providers.types import Part

_MAX_COUNTED = 1_000_000
"""Characters of a plain text whose tokens are counted; those of a longer one are calculated from them."""
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_LETTER = "__substg1.0_".encode("utf-16-le")
"""A part of a letter of Outlook, which has the container of old Office files."""
_PAGES = (b"<!doctype html", b"<html")
_TABLES = (".csv", ".tsv")


@dataclass(frozen=True, slots=True)
class Document:
    """An upload that was judged: its type, and of a document its text, the text's tokens, and a PDF's pages."""

    media_type: str
    text: FileText | None = None
    tokens: int | None = None
    pages: int | None = None


def judge(owner: User, name: str, content: bytes, digest: str) -> Document:
    """Return what this upload is, with its text read unless this person has the same file; raises Refused."""
    media_type = media_type_of(content)
    try:
        kind = _kind(name, content, media_type)
        if kind:
            return _known(owner, name, digest) or _read(owner, kind, content)
    except Refusal as refusal:
        if media_type != PDF or refusal.code == "encrypted":
            raise child.refused(refusal) from None
    assert media_type is not None  # every other content has a kind, or is refused
    return Document(media_type, tokens=_tokens_of(media_type, content))


def for_model(part: Part, file: File, taken: Collection[str]) -> tuple[Part, ...]:
    """Return a stored part in the form that a model with these kinds takes: bytes, text, pictures or name."""
    form = file.form_for(taken)
    if form is Form.PICTURES and (drawn := _pictures(file.pk)):
        return file_parts.as_pictures(file.name, file.pages or 0, drawn)
    if form in (Form.NAME, Form.PICTURES):
        return (file_parts.as_placeholder(part),)
    if form is Form.TEXT:
        return (file_parts.as_text(file.name, text_of(file)),)
    whole = file_parts.with_bytes(part, base64.b64encode(_bytes(file)).decode())
    if file.is_sound:
        return (file_parts.with_seconds(whole, (file.text_tokens or 0) / estimates.TOKENS_A_SECOND),)
    return (file_parts.with_words(whole, file.name, file.text.text) if file.text else whole,)


def _pictures(key: UUID) -> tuple[str, ...]:
    """Return the first pages of this PDF as JPEG in base64, or none if they cannot be drawn now."""
    with contextlib.suppress(Refused):  # too many others are read: the next question tries again
        return _drawn(key)
    return ()


@lru_cache(maxsize=2)  # a conversation asks again and again for the same ones
def _drawn(key: UUID) -> tuple[str, ...]:
    with contextlib.suppress(Refusal):
        file = File.objects.get(pk=key)
        return tuple(child.pictures(_bytes(file), MAX_PICTURES, file.owner_id))
    return ()


def has_text(file: File) -> bool:
    """Return whether this file is a text, or a document of which a text was read."""
    return file.text_id is not None or file.media_type == PLAIN_TEXT


def text_of(file: File) -> str:
    """Return the text of a file that has one."""
    return file.text.text if file.text else _plain(file)


def _kind(name: str, content: bytes, media_type: str | None) -> str:
    """Return the kind of document that is read, or an empty text for what goes as it is."""
    if media_type == PDF:
        return "pdf"
    if media_type not in (None, PLAIN_TEXT):
        return ""
    if content.startswith(_ZIPS):
        return "zip"
    if content.startswith(_OLD_OFFICE):
        if _LETTER in content:
            raise Refusal("unsupported")
        raise Refusal("encrypted" if _ENCRYPTED_PACKAGE in content else "old_format")
    if content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES):
        return "html"
    if name.lower().endswith(_TABLES):
        return "csv"
    return "text" if media_type is None else ""


def _known(owner: User, name: str, digest: str) -> Document | None:
    """Return the document if this version has read the same bytes under a name with the same ending."""
    for twin in File.objects.same_as(owner, digest).filter(text__version=child.VERSION).select_related("text"):
        if _ending(twin.name) == _ending(name):
            return Document(twin.media_type, twin.text, twin.text_tokens, twin.pages)
    return None


def _read(owner: User, kind: str, content: bytes) -> Document:
    read = child.convert(kind, content, owner.pk)
    if not read.text.strip():
        if read.media_type != PDF:
            raise Refused("empty_file", "There is no text in this file.")
        return Document(read.media_type, pages=read.pages)
    text = FileText(version=child.VERSION, text=read.text, is_cut=read.is_cut)
    return Document(read.media_type, text, token_counts.tokens(read.text), read.pages)


def _tokens_of(media_type: str, content: bytes) -> int | None:
    """Return the tokens of a text or a sound, or None for any other file."""
    if media_type.startswith(SOUNDS):
        return ceil(estimates.TOKENS_A_SECOND * sounds.seconds_of(content))
    return _tokens_of_plain(content) if media_type == PLAIN_TEXT else None


def _tokens_of_plain(content: bytes) -> int:
    text = content.decode("utf-8-sig")
    counted = token_counts.tokens(text[:_MAX_COUNTED])
    return counted if len(text) <= _MAX_COUNTED else counted * len(text) // _MAX_COUNTED


def _ending(name: str) -> str:
    return name.lower().rpartition(".")[2]


def _plain(file: File) -> str:
    return _bytes(file).decode("utf-8-sig", "replace")


def _bytes(file: File) -> bytes:
    """Return the bytes, or none if they are gone."""
    with contextlib.suppress(FileNotFoundError):
        return file.path.read_bytes()
    return b""
