"""How much one person may lay down here."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from conversations.errors import Refused
from conversations.models import Conversation, File, Invitation, Membership, Message, User

CONVERSATIONS_A_MINUTE = 60
COPIED_A_DAY = 200_000_000
"""Characters of conversations that are begun as copies of others, parts and HTML together."""
TEAMS, INVITATIONS, TOKENS = 100, 200, 50
"""Of one person: teams that they lead, open links of theirs into teams, open tokens. Lists of others hold them all."""
_DAY = 24 * 3600
_MEGABYTE = 2**20
_NEARLY_FULL = 0.9


def check_conversations(owner: User) -> None:
    """Refuse one more where this person has begun very many in the last minute."""
    since = timezone.now() - timedelta(minutes=1)
    if Conversation.objects.filter(owner=owner, created_at__gt=since).count() >= CONVERSATIONS_A_MINUTE:
        raise Refused("rate_limited", f"You may begin {CONVERSATIONS_A_MINUTE} conversations a minute.")


def check_teams(person: User) -> None:
    """Refuse one more team to somebody who leads very many."""
    _check(Membership.objects.leads().filter(user=person).count() < TEAMS, f"You lead {TEAMS} teams.")


def check_invitations(person: User) -> None:
    """Refuse one more link into a team to somebody who has made very many."""
    made = Invitation.objects.open().filter(made_by=person).count()
    _check(made < INVITATIONS, f"You have {INVITATIONS} open invitations.")


def check_tokens(person: User) -> None:
    """Refuse one more token to somebody who has very many."""
    _check(person.tokens.open().count() < TOKENS, f"You have {TOKENS} tokens.")


def _check(has_room: bool, text: str) -> None:
    if not has_room:
        raise Refused("busy", f"{text} Remove some first.")


def check_copy(owner: User, leaf: UUID) -> None:
    """Refuse one more copy of all down to LEAF where this person has copied very much today; inside a transaction.

    It is asked before the messages are read: a long conversation is copied in a moment, and lies there for ever.
    """
    length = sum(size for _, size in Message.objects.sizes_of_branch(leaf))
    key = f"copied:{owner.pk}:{timezone.localdate()}"
    cache.add(key, 0, _DAY)
    try:
        copied = cache.incr(key, length)
    except ValueError:  # it has been swept out since
        copied = length
    if copied > COPIED_A_DAY:
        raise Refused("rate_limited", f"You may copy {COPIED_A_DAY / 10**6:,.0f} million characters a day.")


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
