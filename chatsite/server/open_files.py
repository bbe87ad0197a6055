"""The number of files and connections that this process may have open at once."""

import resource

from django.conf import settings

_RESERVED_FILES = 128
"""Files reserved for the database, the log, uploads and Python itself."""


def raise_limit() -> None:
    """Raise the soft limit to the hard one: Linux' usual 1,024 are for programs that use select()."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):  # macOS reports a hard limit that it does not grant
        return


def most_connections() -> int:
    """Return how many clients fit beside the replies that may stream and our own files."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft // 2, soft - _RESERVED_FILES - int(settings.CHATSITE_MAX_STREAMS))
