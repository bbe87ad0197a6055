"""Static files: one style sheet out of many, names with a content hash, answers that suit an ASGI server."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

Sources = dict[str, tuple[Storage, str]]

STYLE_SHEET = "css/site.css"
# A file opened by itself needs no permissions, and a page's policy would be a third of a small file's answer.
_POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
IMPORT = re.compile(r'^@import "(?P<name>[^"]+)" layer\((?P<layer>[a-z]+)\);$', re.MULTILINE)


class JoinedManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """The storage of collected files: joins the style sheets, hashes and compresses."""

    def post_process(self, paths: Sources, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Hash and compress the collected files, after joining the style sheets into one file."""
        if STYLE_SHEET in paths and not dry_run:
            paths = paths | {STYLE_SHEET: (self, self._write(join(paths, STYLE_SHEET)))}
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def get_modified_time(self, name: str) -> datetime:
        """Raise NotImplementedError, so that every copy is replaced.

        Another version's copy may be newer than the source that replaces it: archives keep the times of their files.
        """
        raise NotImplementedError

    def _write(self, sheet: str) -> str:
        self.delete(STYLE_SHEET)
        return str(self.save(STYLE_SHEET, ContentFile(sheet.encode())))


def join(paths: Sources, name: str) -> str:
    """Return the style sheet with every imported sheet in its place, as a block of its layer."""
    folder = PurePosixPath(name).parent

    def block(found: re.Match[str]) -> str:
        return f"@layer {found['layer']} {{\n{_read(paths, str(folder / found['name']))}}}"

    return IMPORT.sub(block, _read(paths, name))


def _read(paths: Sources, name: str) -> str:
    storage, path = paths[name]
    with storage.open(path) as file:
        return bytes(file.read()).decode()


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise, answering with bytes: its file iterators are synchronous and make ASGI servers warn and buffer."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """Return the answer to a request for this file, with WhiteNoise's own headers and status."""
        answer = static_file.get_response(request.method, request.META)
        response = HttpResponse(_content(answer.file), status=int(answer.status))
        del response["Content-Type"]
        for header, value in answer.headers:
            response[header] = value
        response["Content-Security-Policy"] = _POLICY
        return response


def _content(file: Any) -> bytes:
    if file is None:
        return b""
    with file:
        return bytes(file.read())
