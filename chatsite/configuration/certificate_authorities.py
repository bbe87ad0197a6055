"""The certificate authorities that this site trusts: the usual ones, and those of CHATSITE_CA_FILE."""

import ssl
from urllib.parse import quote, urlsplit

from django.conf import settings


def context() -> ssl.SSLContext:
    """Return a context for calls over TLS. Raises OSError if the file cannot be read."""
    trusting = ssl.create_default_context()
    if settings.CHATSITE_CA_FILE:
        trusting.load_verify_locations(settings.CHATSITE_CA_FILE)
    return trusting


def count() -> int:
    """Return the number of authorities in the file. Raises OSError if it cannot be read."""
    alone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    alone.load_verify_locations(settings.CHATSITE_CA_FILE)
    return len(alone.get_ca_certs())


def problem() -> str:
    """Return a sentence about a fault of the file, or "" if it is fine or none is named."""
    try:
        found = count() if settings.CHATSITE_CA_FILE else 1
    except ssl.SSLError:
        found = 0
    except OSError as error:
        return f"CHATSITE_CA_FILE names {settings.CHATSITE_CA_FILE}, which cannot be read: {error.strerror}."
    if not found:
        return f"CHATSITE_CA_FILE names {settings.CHATSITE_CA_FILE}, which holds no certificate authority as PEM."
    return ""


def trusted_by_redis(url: str, file: str) -> str:
    """Return the address of a Redis, with the file of authorities added if it uses TLS."""
    parts = urlsplit(url)
    if not file or parts.scheme != "rediss" or "ssl_ca_certs=" in parts.query:
        return url
    return f"{url}{'&' if parts.query else '?'}ssl_ca_certs={quote(file)}"
