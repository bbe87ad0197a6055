"""A response whose body is a file on disk."""

from collections.abc import Iterator
from pathlib import Path

from django.http import HttpResponse


class StoredFile(HttpResponse):
    """Leaves its bytes on disk for the server to send; only `content` reads them.

    Raises FileNotFoundError. `path` is None once other content was set.
    """

    path: Path | None
    is_left_to_server = False

    def __init__(self, path: Path, content_type: str) -> None:
        super().__init__(content_type=content_type)
        self.headers["Content-Length"] = str(path.stat().st_size)
        self.path = path

    @property
    def content(self) -> bytes:
        return self.path.read_bytes() if self.path else super().content

    @content.setter
    def content(self, value: object) -> None:
        self.path = None
        HttpResponse.content.fset(self, value)  # type: ignore[attr-defined]

    def __iter__(self) -> Iterator[bytes]:
        return iter([self.content])
