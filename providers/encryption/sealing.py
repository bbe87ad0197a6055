"""The sealing of secrets: AES-256-GCM under the newest key of the ring, bound to the secret's row."""

import base64
import binascii
import hashlib
import hmac
import os
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

_MARK = "sealed1"
_NONCE = 12
PREFIX_LENGTH = len(_MARK) + 10
"""Length of a token before its hint: the mark, the id of the key, and a colon after each."""
_SEALED = re.compile(rf"{_MARK}:[0-9a-f]{{8}}:[A-Za-z0-9]{{0,4}}:[A-Za-z0-9+/]+=*")


class Locked(Exception):
    """A secret that no key of the ring opens, or that does not belong to its row."""


def is_sealed(text: str) -> bool:
    """Return whether `text` has the whole form of a token: a vendor's key may begin like one."""
    return _SEALED.fullmatch(text) is not None


def seal(plain: str, place: str) -> str:
    """Return `plain` as a token `sealed1:<key id>:<last characters>:<base64>` that opens only at the same `place`."""
    key = _ring()[0]
    header = f"{_MARK}:{_key_id(key)}:{_hint(plain)}"
    nonce = os.urandom(_NONCE)
    box = AESGCM(key).encrypt(nonce, plain.encode(), f"{header}|{place}".encode())
    return f"{header}:{base64.b64encode(nonce + box).decode()}"


def unseal(token: str, place: str) -> str:
    """Return the secret in `token`. Raises Locked without the right key, place or bytes."""
    try:
        header, encoded = token.rsplit(":", 1)
        key_id = header.split(":")[1]
        box = base64.b64decode(encoded, validate=True)
        key = next(key for key in _ring() if _key_id(key) == key_id)
        return AESGCM(key).decrypt(box[:_NONCE], box[_NONCE:], f"{header}|{place}".encode()).decode()
    except (InvalidTag, StopIteration, ValueError, IndexError, ImproperlyConfigured):
        raise Locked(_("This secret cannot be opened with the encryption keys of this site.")) from None


def fingerprints(plain: str) -> list[str]:
    """Return a digest of a secret per key of the ring, newest first.

    Equal secrets have equal fingerprints, so a stored copy is found without opening anything.
    """
    subkeys = [hmac.digest(key, b"chatsite fingerprint", "sha256") for key in _ring()]
    return [hmac.digest(subkey, plain.encode(), "sha256").hex()[:32] for subkey in subkeys]


def prefix(newest_only: bool = False) -> tuple[str, ...]:
    """Return the first characters of each token that this ring opens, per key; () without a ring.

    With `newest_only`, only those of the newest key's tokens.
    """
    try:
        ring = _ring()
    except ImproperlyConfigured:
        return ()
    return tuple(f"{_MARK}:{_key_id(key)}:" for key in (ring[:1] if newest_only else ring))


def key_ids() -> list[str]:
    """Return the ids of the ring's keys, newest first, as tokens hold them. An id opens nothing."""
    return [_key_id(key) for key in _ring()]


def key_id_in(token: str) -> str:
    """Return the id of the key that sealed `token`; the token's beginning is enough."""
    return token[len(_MARK) + 1 : PREFIX_LENGTH - 1]


def hint(token: str) -> str:
    """Return the last characters of the sealed secret; "" for a short secret."""
    return token.split(":")[2] if is_sealed(token) else ""


def _hint(plain: str) -> str:
    last = plain[-4:]
    return last if len(plain) >= 12 and last.isascii() and last.isalnum() else ""


def _ring() -> list[bytes]:
    try:
        ring = [base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)) for key in settings.CHATSITE_ENCRYPTION_KEYS]
    except binascii.Error:
        ring = []
    if not ring or any(len(key) != 32 for key in ring):
        raise ImproperlyConfigured("CHATSITE_ENCRYPTION_KEYS must be a list of 32-byte keys in URL-safe base64.")
    return ring


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"chatsite key id" + key).hexdigest()[:8]
