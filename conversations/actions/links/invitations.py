"""Invitations: links into a team, and joining or signing up by them."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from conversations.actions.teams import led
from conversations.errors import NotFound, Refused
from conversations.hashed_tokens import new_token, token_digest
from conversations.models import Installation, Invitation, Membership, Notification, Team, User
from conversations.usage import quotas
from providers.audit import log


def invite(
    user: User, team_id: UUID, role: str, *, days: int, is_single_use: bool, mailed_to: str = ""
) -> tuple[Invitation, str]:
    """Create an invitation; returns it and the secret of its link, which is not stored."""
    secret = new_token()
    with transaction.atomic():
        team = led(user, team_id)
        quotas.check_invitations(user)
        invitation = Invitation.objects.create(
            team=team,
            made_by=user,
            role=role,
            digest=token_digest(secret),
            is_single_use=is_single_use,
            mailed_to=mailed_to,
            expires_at=timezone.now() + timedelta(days=days),
        )
        log.added(user, invitation)
    return invitation, secret


def revoke_invitation(user: User, team_id: UUID, invitation_id: UUID) -> None:
    with transaction.atomic():
        closed = Invitation.objects.filter(team=led(user, team_id), pk=invitation_id, revoked_at=None)
        with log.watch(user, closed):
            if not closed.revoke():
                raise NotFound


def join(user: User, invitation: Invitation) -> None:
    """Take the place that this invitation offers; a member of the team keeps their role."""
    with transaction.atomic():
        Team.objects.select_for_update(no_key=True).filter(pk=invitation.team_id).first()
        if Membership.objects.filter(team=invitation.team_id, user=user).exists():
            return
        if not invitation.use():
            raise NotFound
        place = Membership.objects.create(team_id=invitation.team_id, user=user, role=invitation.role)
        log.added(user, place)
        Notification.objects.note_joining(place, invitation.made_by_id)


def sign_up(invitation: Invitation, name: str, password: str, *, language: str) -> User:
    """Create an account and its membership in the team, or neither; raises NotFound where only staff makes accounts."""
    if not Installation.lets_sign_up(*Installation.BY_INVITATION):
        raise NotFound
    person = User(username=name, password=make_password(password), language=language, made_in_id=invitation.team_id)
    return _saved(person, then=partial(join, person, invitation))


def open_account(name: str, password: str, *, language: str) -> User:
    """Create an account in no team; raises NotFound where the site does not let anybody do so."""
    if not Installation.lets_sign_up(Installation.SignUp.ANYBODY):
        raise NotFound
    return _saved(User(username=name, password=make_password(password), language=language))


def _saved(person: User, then: Callable[[], None] = lambda: None) -> User:
    """Insert the new account and do the rest, or neither; refuses a name that is taken."""
    try:
        with transaction.atomic():
            person.save(force_insert=True)
            log.added(person, person)
            then()
    except IntegrityError:
        raise Refused("conflict", "This name is taken.") from None
    return person
