"""Quotas for what one person may store."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from conversations.errors import Refused
from conversations.ids import first_id
from conversations.models import (
    AssistantVersion,
    Conversation,
    File,
    Invitation,
    Membership,
    Mention,
    Message,
    PromptVersion,
    User,
)
from conversations.models.assistants.assistant import AssistantQuerySet
from conversations.models.prompts.prompt import PromptQuerySet

MAX_CONVERSATIONS_A_MINUTE = 60
MAX_SAID_A_MINUTE = 120
"""Messages of one person in a conversation for which no model was asked: replies under way limit all others."""
MAX_REMARKS, MAX_REMARKS_A_MINUTE = 1_000, 60
"""Remarks on one conversation's messages, deleted ones included, and those of one person a minute."""
MAX_COPIED_A_DAY = 200_000_000
"""Characters of copied conversations a day, parts and HTML together."""
MAX_TEAMS, MAX_INVITATIONS, MAX_TOKENS, MAX_PROJECTS = 100, 200, 50, 200
"""Teams that one person leads, open invitations that they made, open tokens, projects; lists show them all."""
MAX_PROMPTS, MAX_PROMPT_CHARACTERS = 500, 3_000_000
"""Prompts of one person, one team or the site, and the characters of all their versions."""
MAX_GUESTS = 100
"""People and teams to whom one conversation is open by name."""
MAX_ASSISTANTS, MAX_ASSISTANT_CHARACTERS = 200, 3_000_000
"""Assistants of one person, one team or the site, and the characters of all versions of their instructions."""
MAX_MENTIONS_A_MINUTE = 300
"""Mentions of people by one person: each calls somebody."""
_DAY_SECONDS = 24 * 3600
_MEGABYTE = 2**20
_NEARLY_FULL = 0.9


def check_conversations(owner: User) -> None:
    """Refuse another conversation if this person began very many in the last minute."""
    since = timezone.now() - timedelta(minutes=1)
    if Conversation.objects.filter(owner=owner, created_at__gt=since).count() >= MAX_CONVERSATIONS_A_MINUTE:
        raise Refused("rate_limited", f"You may begin {MAX_CONVERSATIONS_A_MINUTE} conversations a minute.")


def check_said(author: User, conversation: Conversation) -> None:
    """Refuse another message for people if this person wrote very many here in the last minute."""
    since = timezone.now() - timedelta(minutes=1)
    lately = conversation.messages.filter(revision__gt=conversation.revision - 4 * MAX_SAID_A_MINUTE)
    if lately.filter(author=author, for_people=True, created_at__gt=since).count() >= MAX_SAID_A_MINUTE:
        raise Refused("rate_limited", f"You may write {MAX_SAID_A_MINUTE} messages a minute.")


def check_remarks(author: User, conversation: Conversation) -> None:
    """Refuse another remark if a conversation has very many, or this person made many in the last minute."""
    if conversation.remarks.count() >= MAX_REMARKS:
        raise Refused("busy", f"There may be {MAX_REMARKS:,} remarks on a conversation.")
    since = timezone.now() - timedelta(minutes=1)
    if conversation.remarks.filter(author=author, created_at__gt=since).count() >= MAX_REMARKS_A_MINUTE:
        raise Refused("rate_limited", f"You may make {MAX_REMARKS_A_MINUTE} remarks a minute.")


def check_mentions(message: Message, people: int) -> None:
    """Refuse a message that mentions so many people if its author mentioned very many in the last minute."""
    since = timezone.now() - timedelta(minutes=1)
    lately = Mention.objects.filter(message__gt=first_id(since), message__author=message.author_id).count()
    if lately + people > MAX_MENTIONS_A_MINUTE:
        raise Refused("rate_limited", f"You may mention people {MAX_MENTIONS_A_MINUTE} times a minute.")


def check_guests(conversation: Conversation) -> None:
    """Refuse another guest of a conversation that names very many."""
    named = conversation.guests.count() + conversation.team_grants.count()
    _check(named < MAX_GUESTS, f"A conversation is open to {MAX_GUESTS} people and teams by name.")


def check_teams(person: User) -> None:
    """Refuse another team for a person who leads very many."""
    _check(Membership.objects.leads().filter(user=person).count() < MAX_TEAMS, f"You lead {MAX_TEAMS} teams.")


def check_invitations(person: User) -> None:
    """Refuse another invitation for a person who has made very many."""
    made = Invitation.objects.open().filter(made_by=person).count()
    _check(made < MAX_INVITATIONS, f"You have {MAX_INVITATIONS} open invitations.")


def check_projects(person: User) -> None:
    """Refuse another project for a person who looks after very many."""
    _check(person.projects.count() < MAX_PROJECTS, f"You have {MAX_PROJECTS} projects.")


def check_tokens(person: User) -> None:
    """Refuse another token for a person who has very many."""
    _check(person.tokens.open().count() < MAX_TOKENS, f"You have {MAX_TOKENS} tokens.")


def check_prompts(kept: PromptQuerySet, more: int, characters: int) -> None:
    """Refuse so many more prompts, or so many characters, beside these of one place."""
    _check(not more or kept.count() + more <= MAX_PROMPTS, f"There may be {MAX_PROMPTS} prompts in one place.")
    if PromptVersion.objects.characters(kept) + characters > MAX_PROMPT_CHARACTERS:
        most = f"{MAX_PROMPT_CHARACTERS:,}"
        raise Refused("no_room", f"Prompts and their versions may have {most} characters together; delete some first.")


def check_assistants(kept: AssistantQuerySet, more: int, characters: int) -> None:
    """Refuse so many more assistants, or so many characters, beside these of one place."""
    _check(not more or kept.count() + more <= MAX_ASSISTANTS, f"There may be {MAX_ASSISTANTS} assistants in one place.")
    if AssistantVersion.objects.characters(kept) + characters > MAX_ASSISTANT_CHARACTERS:
        most = f"{MAX_ASSISTANT_CHARACTERS:,}"
        raise Refused("no_room", f"Instructions and their versions may have {most} characters together; delete some.")


def _check(has_room: bool, text: str) -> None:
    if not has_room:
        raise Refused("busy", f"{text} Remove some first.")


def check_copy(owner: User, leaf: UUID) -> None:
    """Refuse a copy of the branch down to `leaf` if this person copied very much today; needs a transaction.

    It runs before the messages are read: copying a long conversation is quick, and its rows stay.
    """
    length = sum(size for _, size in Message.objects.sizes_of_branch(leaf))
    key = f"copied:{owner.pk}:{timezone.localdate(timezone=timezone.get_default_timezone())}"
    cache.add(key, 0, _DAY_SECONDS)
    try:
        copied = cache.incr(key, length)
    except ValueError:  # evicted since
        copied = length
    if copied > MAX_COPIED_A_DAY:
        raise Refused("rate_limited", f"You may copy {MAX_COPIED_A_DAY / 10**6:,.0f} million characters a day.")


def most_files() -> int:
    """Return the limit for the files of one person: bytes."""
    return int(settings.CHATSITE_FILES_PER_PERSON) * _MEGABYTE


def check_files(owner: User, more: int) -> None:
    """Refuse a file of `more` bytes that exceeds this person's limit."""
    if File.objects.bytes_of(owner) + more > most_files():
        room = settings.CHATSITE_FILES_PER_PERSON
        raise Refused(
            "no_room", f"Your files may take {room:,} MB together; delete conversations that hold some for good."
        )


def left_for_files(owner: User) -> int | None:
    """Return the bytes left for this person's files, or None while less than nine tenths are used."""
    left = most_files() - File.objects.bytes_of(owner)
    return max(0, left) if left < (1 - _NEARLY_FULL) * most_files() else None
