"""Posts to a browser's push service: encrypted for that browser, and signed by the site.

Source: RFC 8030 (the post), RFC 8188 and RFC 8291 (the encryption), RFC 8292 (VAPID, the signature).
"""

import base64
import binascii
import json
import os
from functools import cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.utils.crypto import salted_hmac

from providers.types import HttpRequest

CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
POINT_BYTES, AUTH_BYTES, SALT_BYTES = 65, 16, 16
RECORD_BYTES = 4096
"""Bytes of the one record that push services take."""
KEPT_FOR = 24 * 3600
"""Seconds for which a push service keeps a post for a browser that is away."""
_VALID_FOR = 12 * 3600
MAX_TITLE, MAX_BODY = 200, 500
"""Characters of what is shown; both and an address fit into a record in any script."""


def public_key() -> str:
    """Return the site's public key as a browser takes it: an uncompressed point in URL-safe base64."""
    return encoded(_point(_key().public_key()))


def subscription(receiver: str, auth: str) -> str:
    """Return a browser's key and its secret as one text. Raises ValueError for what are none."""
    point, secret = decoded(receiver), decoded(auth)
    ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
    if len(point) != POINT_BYTES or len(secret) != AUTH_BYTES:
        raise ValueError("a key is 65 bytes, and its secret 16")
    return f"{encoded(point)} {encoded(secret)}"


def request(url: str, receiver_keys: str, fields: dict[str, str], topic: str, now: float) -> HttpRequest:
    """Return the post that has a browser show this: its `title`, `body`, `tag` and `url`.

    A later post of the same topic, at most 32 characters, takes the place of one that still waits there.
    """
    receiver, auth = (decoded(part) for part in receiver_keys.split())
    shown = fields | {"title": fields["title"][:MAX_TITLE], "body": fields["body"][:MAX_BODY]}
    message = json.dumps(shown, ensure_ascii=False).encode()
    body = encrypted(message, receiver, auth, ec.generate_private_key(CURVE), os.urandom(SALT_BYTES))
    headers = (
        ("Authorization", f"vapid t={_token(url, now)}, k={public_key()}"),
        ("Content-Encoding", "aes128gcm"),
        ("TTL", str(KEPT_FOR)),
        ("Urgency", "normal"),
        ("Topic", topic),
    )
    return HttpRequest("POST", url, (("Content-Type", "application/octet-stream"),), body, "", headers)


def encrypted(message: bytes, receiver: bytes, auth: bytes, sender: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """Return a message as one record of `aes128gcm`, which the owner of the receiver's point can read."""
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, receiver)
    ours = _point(sender.public_key())
    shared = _derived(sender.exchange(ec.ECDH(), theirs), auth, b"WebPush: info\0" + receiver + ours, 32)
    key = _derived(shared, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(shared, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + RECORD_BYTES.to_bytes(4) + bytes([len(ours)]) + ours
    return head + AESGCM(key).encrypt(nonce, message + b"\x02", None)  # 2 ends the last record


def encoded(data: bytes) -> str:
    """Return bytes in URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Return the bytes of a text in URL-safe base64. Raises ValueError for another text."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("no URL-safe base64") from error


def _token(url: str, now: float) -> str:
    """Return the signed claim that this site posts to the push service of this address."""
    place = urlsplit(url)
    claims: dict[str, object] = {"aud": f"{place.scheme}://{place.netloc}", "exp": int(now) + _VALID_FOR}
    if site := next((one for one in settings.CHATSITE_ORIGINS if one.startswith("https:")), ""):
        claims["sub"] = site  # Apple's service refuses a claim without one
    parts = [{"typ": "JWT", "alg": "ES256"}, claims]
    signed = ".".join(encoded(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    numbers = decode_dss_signature(_key().sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"{signed}.{encoded(b''.join(number.to_bytes(32) for number in numbers))}"


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    """Return the site's key. The secret key gives it, so that all processes and every restored copy have the same."""
    seed = int.from_bytes(salted_hmac("chatsite.web_push", "vapid", algorithm="sha512").digest())
    return ec.derive_private_key(seed % (_ORDER - 1) + 1, CURVE)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(material)
