"""Secrets shown once and found by their digest: invitations, personal tokens, password links."""

import hashlib
import secrets

BYTES = 32


def new_token(prefix: str = "") -> str:
    """Return a new secret of 256 random bits, fit for a URL and a header."""
    return prefix + secrets.token_urlsafe(BYTES)


def token_digest(secret: str) -> str:
    """Return the digest to store: with that many random bits a plain SHA-256 is safe, and an index finds it."""
    return hashlib.sha256(secret.encode()).hexdigest()
