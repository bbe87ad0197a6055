"""How many files and connections this process may have open at once."""

import resource

from django.conf import settings

_OURS = 128
"""For the database, the log, uploads on their way and what Python opens."""


def raise_limit() -> None:
    """Raise the soft limit to the hard one: Linux' usual 1,024 are for programs that know no better call."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):  # macOS names a hard limit that it does not grant
        return


def most_connections() -> int:
    """Return how many clients fit in beside the replies that may stream and our own files."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft // 2, soft - _OURS - int(settings.CHATSITE_STREAM_THREADS))
