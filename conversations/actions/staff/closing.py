"""The end of an account for good, by its person or by an administrator."""

from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from conversations.actions.projects.projects import delete_own_projects
from conversations.actions.staff.leavers import Recipients, end_access
from conversations.actions.teams import LastLead, end_place
from conversations.errors import Refused
from conversations.live import events
from conversations.models import Arrangement, Conversation, Installation, Membership, Project, ReadMark, Team, User
from conversations.models.conversation import TIME_IN_BIN, ConversationQuerySet
from conversations.search import indexing
from providers.audit import log
from providers.endpoints import keys


@dataclass(frozen=True, slots=True)
class Leaving:
    """The fate of a closed account's work.

    The heir gets the places and conversations in teams; with `private`, the private conversations too, which else go.
    """

    keeps_name: bool
    heir: User | None = None
    private: bool = False


class LastSuperuser(Refused):
    """Refuses to close the account of the only superuser."""

    def __init__(self) -> None:
        super().__init__("last_superuser", "The site keeps at least one superuser: make somebody else one first.")


def led_alone(person: User) -> list[Team]:
    """Return the teams that nobody else leads."""
    places = Membership.objects.filter(user=person, role=Membership.Role.LEAD).select_related("team")
    return [place.team for place in places if place.is_last_lead]


def close_own_account(person: User) -> None:
    """Close the person's own account; raises LastSuperuser, or LastLead until a team is handed over."""
    close_account(person, person, Leaving(keeps_name=Installation.keeps_names()))


def close_account(by: User, person: User, leaving: Leaving) -> None:
    """End all access at once, and let private conversations go or hand them over.

    Those that go leave rows and disk with the bin's next round. Raises LastSuperuser and, without an heir, LastLead.
    """
    with transaction.atomic():
        list(Team.objects.filter(memberships__user=person).order_by("pk").select_for_update(of=("self",), no_key=True))
        person = User.objects.get(pk=person.pk)
        _end_access(by, person, leaving.heir)
        if led_alone(person):
            raise LastLead
        for place in person.memberships.select_related("team"):
            log.removed(by, place)
            end_place(by, place)
        keys.remove_keys(person.keys.all(), by)
        private = Conversation.objects.filter(owner=person, team=None)
        if leaving.private and leaving.heir:
            _hand_over(by, private.filter(deleted_at=None), person, leaving.heir)
        delete_own_projects(person)
        for conversation in private.filter(deleted_at=None, has_guests=True):
            key, guests = conversation.pk, conversation.audience_ids()
            transaction.on_commit(partial(events.conversation_gone, key, conversation.revision, guests))
        private.update(deleted_at=timezone.now() - TIME_IN_BIN, deleted_by=person)
        _forget(person)
        _close(by, person, leaving)


def _end_access(by: User, person: User, heir: User | None) -> None:
    try:
        end_access(by, person, Recipients(heir))
    except ValidationError:
        if person.is_superuser:
            raise LastSuperuser from None
        raise


def _hand_over(by: User, rows: ConversationQuerySet, person: User, heir: User) -> None:
    Project.objects.filter(owner=person, team=None).update(owner=heir)
    for conversation in rows:
        conversation.guests.filter(user=heir).delete()
        revision = conversation.advance(1, moves_up=False, owner=heir, has_guests=conversation.names_anybody())
        ReadMark.objects.keep_up(conversation)
        indexing.move(conversation)
        log.note(by, log.Act.CHANGED, conversation, name="", before={"owner": person}, after={"owner": heir})
        transaction.on_commit(partial(events.conversation_updated, conversation, revision))


def _forget(person: User) -> None:
    """Delete what only this person could use."""
    for kind in (Arrangement, ReadMark, Authenticator, EmailAddress):
        kind.objects.filter(user=person).delete()
    kept = (person.tokens, person.password_links, person.notices, person.imports, person.drafts)
    for rows in (*kept, person.prompts, person.assistants, person.mentions, person.notifications, person.targets):
        rows.all().delete()
    person.favourite_models.clear()


def _close(by: User, person: User, leaving: Leaving) -> None:
    before = log.loggable_values(person)
    person.closed_at, person.is_nameless, person.email = timezone.now(), not leaving.keeps_name, ""
    person.address_as = person.about_me = ""
    person.set_unusable_password()
    person.is_staff = person.is_superuser = False
    if person.is_nameless:
        person.username, person.display_name = f"former-{uuid4().hex[:12]}", ""
    person.save()
    person.groups.clear()
    person.user_permissions.clear()
    told = {"account": "closed", "name": "kept" if leaving.keeps_name else "removed"}
    log.note(by, log.Act.REMOVED, person, name=before["username"], before=told)
