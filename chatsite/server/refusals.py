"""Answers of the server itself: short, with the security headers of every page, without the server's name."""

from http import HTTPStatus

from chatsite.middleware import PERMISSIONS

Headers = tuple[tuple[bytes, bytes], ...]

SECURITY: Headers = (
    (b"Content-Security-Policy", b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    (b"X-Frame-Options", b"DENY"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Referrer-Policy", b"same-origin"),
    (b"Cross-Origin-Opener-Policy", b"same-origin"),
    (b"Cross-Origin-Resource-Policy", b"same-origin"),
    (b"Permissions-Policy", PERMISSIONS.encode()),
)
"""Headers of an answer that no middleware of the application has seen."""
_ENDS: Headers = ((b"Connection", b"close"), (b"Content-Length", b"0"))


def refusal(code: int, more: Headers = ()) -> bytes:
    """Return the bytes of a whole answer with this status, after which the connection ends."""
    phrase = HTTPStatus(code).phrase.encode("ascii")
    lines = (b"%b: %b\r\n" % header for header in (*_ENDS, *SECURITY, *more))
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (code, phrase, b"".join(lines))
