"""Secrets that are shown once and looked up by their digest: invitations, personal tokens, links to a new password."""

import hashlib
import secrets

BYTES = 32


def new_token(prefix: str = "") -> str:
    """A new secret of 256 random bits, fit for a URL and a header."""
    return prefix + secrets.token_urlsafe(BYTES)


def token_digest(secret: str) -> str:
    """What is stored of it: with that many random bits a plain SHA-256 tells nothing and is found by an index."""
    return hashlib.sha256(secret.encode()).hexdigest()
