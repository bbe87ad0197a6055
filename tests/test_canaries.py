"""The search for secrets finds them: else that nothing was found would say nothing."""

import base64
import gzip
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.canaries import CANARY, hits, hits_in, of_site

SECRET = "käy/+ \"tricky\" 'secret' of ours"
WRITTEN = {
    "raw": SECRET.encode(),
    "url": b"https://vendor.example/?key=" + quote(SECRET, safe="").encode(),
    "json": json.dumps({"key": SECRET}).encode(),
    "hex": b"0x" + SECRET.encode().hex().encode(),
    "HEX": SECRET.encode().hex().upper().encode(),
    "backwards": SECRET.encode()[::-1],
    "gzip": gzip.compress(b"before " + SECRET.encode()),
    **{f"base64 {n}": base64.b64encode(b"x" * n + SECRET.encode() + b"after") for n in range(6)},
    **{f"urlsafe {n}": base64.urlsafe_b64encode(b"x" * n + SECRET.encode() + b"after") for n in range(6)},
}


@pytest.mark.parametrize("spelling", WRITTEN)
def test_a_secret_is_found_in_every_spelling(spelling: str) -> None:
    assert hits(WRITTEN[spelling], {"ours": SECRET})


def test_half_of_the_vendors_key_is_found_and_its_hint_is_not() -> None:
    assert hits(CANARY[:20].encode(), {"key": CANARY})
    assert hits(CANARY[-20:].encode(), {"key": CANARY})
    assert not hits(f"••••{CANARY[-4:]}".encode(), {"key": CANARY})


def test_files_are_searched_but_for_those_that_keep_secrets(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "secret-key").write_text("of this site alone\n")
    assert hits_in(tmp_path, of_site(tmp_path)) == []
    (tmp_path / "below" / "log").write_text("it is of this site alone")
    assert hits_in(tmp_path, of_site(tmp_path)) == ["below/log: secret-key, as it is"]


def test_what_has_changed_is_searched_across_its_edges(tmp_path: Path) -> None:
    log, searched, secrets = tmp_path / "log", dict[Path, bytes](), {"ours": SECRET}
    log.write_bytes(b"." * 4090 + SECRET.encode()[:6])
    assert hits_in(tmp_path, secrets, searched=searched) == []
    log.write_bytes(log.read_bytes() + SECRET.encode()[6:] + b"." * 9000)
    assert hits_in(tmp_path, secrets, searched=searched) == ["log: ours, as it is"]
    log.write_bytes(log.read_bytes() + b"more")
    assert hits_in(tmp_path, secrets, searched=searched) == [], "it has been found once"
