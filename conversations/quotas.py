"""How much one person may lay down here."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from conversations.errors import Refused
from conversations.models import Conversation, File, User

CONVERSATIONS_A_MINUTE = 60
_MEGABYTE = 2**20
_NEARLY_FULL = 0.9


def check_conversations(owner: User) -> None:
    """Refuse one more where this person has begun very many in the last minute."""
    since = timezone.now() - timedelta(minutes=1)
    if Conversation.objects.filter(owner=owner, created_at__gt=since).count() >= CONVERSATIONS_A_MINUTE:
        raise Refused("rate_limited", f"You may begin {CONVERSATIONS_A_MINUTE} conversations a minute.")


def most_files() -> int:
    """Return how many bytes the files of one person may have together."""
    return int(settings.CHATSITE_FILES_PER_PERSON) * _MEGABYTE


def check_files(owner: User, more: int) -> None:
    """Refuse a file of MORE bytes where this person has no room for it."""
    if File.objects.bytes_of(owner) + more > most_files():
        room = settings.CHATSITE_FILES_PER_PERSON
        raise Refused("no_room", f"Your files may take {room:,} MB together; delete conversations that hold some.")


def left_for_files(owner: User) -> int | None:
    """Return how many bytes are left for this person's files once nine tenths are taken, None before."""
    left = most_files() - File.objects.bytes_of(owner)
    return max(0, left) if left < (1 - _NEARLY_FULL) * most_files() else None
