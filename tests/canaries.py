"""Secrets of the tests, and the search for them, in every spelling, in all files that a run leaves."""

import base64
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from functools import cache
from pathlib import Path
from urllib.parse import quote

PASSWORD = "a long enough passphrase"
CANARY = "sk-test-CANARYb1946ac92492d2347c6235b4d261canary"
"""The vendor's key of all tests."""
KEEPERS = ("encryption-keys", "secret-key", "setup-code")
"""Files of a data folder whose purpose is to hold a secret."""
_GZIP = b"\x1f\x8b"
_PIECE = 12
_BLOCK, _LONGEST = 4096, 512
"""Bytes compared at once, and the maximum length of a secret's spelling."""
_STRETCH = 64 * _BLOCK
"""Bytes of which most have not changed since the last search."""


def of_site(folder: Path) -> dict[str, str]:
    """Return the secrets, by name, that no output of a site may hold. `folder` is its data folder."""
    kept = {name: (folder / name).read_text().strip() for name in KEEPERS if (folder / name).exists()}
    return {"the vendor's key": CANARY, "a password": PASSWORD, **kept}


def hits(content: bytes, secrets: Mapping[str, str], *, spelt: bool = True) -> list[str]:
    """Return the secrets found in `content`, each with its spelling; without `spelt`, only those as they are."""
    texts = [content, gzip.decompress(content)] if content.startswith(_GZIP) else [content]
    return [
        f"{name}, {spelling}"
        for name, secret in secrets.items()
        for needle, spelling in (_spellings(secret) if spelt else {secret.encode(): "as it is"}).items()
        if any(needle in text for text in texts)
    ]


def hits_in(
    folder: Path,
    secrets: Mapping[str, str],
    but: Iterable[str] = KEEPERS,
    searched: MutableMapping[Path, bytes] | None = None,
    *,
    spelt: bool = True,
) -> list[str]:
    """Return the secrets found in all files below `folder`, without files and folders of the names in `but`.

    `searched` holds the content of the files at the last search for the same secrets: unchanged blocks are skipped.
    Without `spelt`, only secrets as they are count.
    """
    before: MutableMapping[Path, bytes] = {} if searched is None else searched
    files = [path.relative_to(folder) for path in _files(folder, set(but))]
    return [f"{path}: {hit}" for path in files for hit in hits(_changed(folder / path, before), secrets, spelt=spelt)]


def _files(folder: Path, but: set[str]) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in but:
            continue
        if path.is_dir():
            yield from _files(path, but)
        else:
            yield path


def _changed(path: Path, searched: MutableMapping[Path, bytes]) -> bytes:
    """Return the new blocks of a file, each with enough context for secrets that cross its borders."""
    content, before = _read(path), searched.get(path, b"")
    searched[path] = content
    if content.startswith(_GZIP) or not before:
        return content
    changed = [
        at
        for stretch in range(0, len(content), _STRETCH)
        if content[stretch : stretch + _STRETCH] != before[stretch : stretch + _STRETCH]
        for at in range(stretch, min(stretch + _STRETCH, len(content)), _BLOCK)
        if content[at : at + _BLOCK] != before[at : at + _BLOCK]
    ]
    return b"\0".join(content[max(0, at - _LONGEST) : at + _BLOCK + _LONGEST] for at in changed)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # a closed database has deleted its log
        return b""


@cache
def _spellings(secret: str) -> dict[bytes, str]:
    raw = secret.encode()
    spelt = {
        quote(secret, safe="").encode(): "for an address",
        json.dumps(secret)[1:-1].encode(): "as JSON",
        "".join(f"\\u{ord(letter):04x}" for letter in secret).encode(): "in code points",
        raw.hex().encode(): "in hex",
        raw.hex().upper().encode(): "in capital hex",
        raw[::-1]: "backwards",
        raw: "as it is",
    }
    for offset in range(3):
        first, last = -(-offset * 8 // 6), (offset + len(raw)) * 8 // 6
        for encode in (base64.urlsafe_b64encode, base64.b64encode):
            spelt[encode(b"\0" * offset + raw)[first:last]] = f"in base64 from byte {offset}"
    if secret == CANARY:  # the words of a pass phrase are too common
        spelt |= {raw[:_PIECE]: "its beginning", raw[-_PIECE:]: "its end"}
    return spelt
