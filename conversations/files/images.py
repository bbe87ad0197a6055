"""Re-encoding of uploaded pictures in a process of its own, with limits of memory and time.

`python -m conversations.files.images TYPE` reads a picture from standard input and writes it upright, without metadata
of cameras and editors. It imports neither Django nor anything of ours: the parent is never at risk.
"""

import io
import resource
import subprocess
import sys
import threading
from pathlib import Path

MAX_PIXELS = 25_000_000
MAX_SECONDS = 10
MAX_MEMORY = 768 * 1024 * 1024
"""Bytes of address space: 25 megapixels at four bytes each, several times over."""
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
_painters = threading.BoundedSemaphore(2)
"""Limits the processes that draw at the same time."""
_BASE = Path(__file__).resolve().parents[2]


class Unreadable(Exception):
    """Says that the picture is broken, too large or too slow; `str()` is a sentence for its owner."""


def reencoded(content: bytes, media_type: str) -> bytes:
    """Return the same picture without metadata; raises Unreadable."""
    command = [sys.executable, "-m", "conversations.files.images", media_type]
    try:
        with _painters:
            done = subprocess.run(command, input=content, capture_output=True, timeout=3 * MAX_SECONDS, cwd=_BASE)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise Unreadable("This picture takes too long to read.") from None
    if done.returncode == 3:
        raise Unreadable(f"A picture may have {MAX_PIXELS // 1_000_000} million pixels; this one has more.")
    if done.returncode or not done.stdout:
        raise Unreadable("This picture cannot be read.")
    return done.stdout


def _main(media_type: str) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    from PIL import Image, ImageOps

    picture = Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=[_FORMATS[media_type]])
    if picture.width * picture.height > MAX_PIXELS:  # known from the header, before a pixel is read
        return 3
    upright = ImageOps.exif_transpose(picture)
    clean = upright if upright.mode in _modes(media_type) else upright.convert("RGB")
    clean.info = {}
    drawn = io.BytesIO()
    clean.save(drawn, format=_FORMATS[media_type], **_options(media_type))
    sys.stdout.buffer.write(drawn.getvalue())
    return 0


def _modes(media_type: str) -> tuple[str, ...]:
    return ("RGB", "L") if media_type == "image/jpeg" else ("RGB", "RGBA", "L", "LA", "P", "1")


def _options(media_type: str) -> dict[str, int]:
    return {} if media_type == "image/png" else {"quality": 90}


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1]))
