"""Changes of accounts: the first administrator, names, languages, sessions, tokens, and links to a new password."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from conversations.accounts import first_run, passwords
from conversations.accounts.preferences import Look
from conversations.errors import NotFound
from conversations.hashed_tokens import new_token, token_digest
from conversations.mail import notices
from conversations.models import Installation, PasswordLink, PersonalToken, User
from conversations.usage import quotas
from providers.audit import log


def create_administrator(name: str, password: str, language: str) -> User:
    """Create the first administrator; raises NotFound for any second one, however concurrent."""
    try:
        with transaction.atomic():
            if first_run.is_set_up():
                raise NotFound
            person = User.objects.create_superuser(name, email="", password=password, language=language)
            Installation.objects.create(pk=1, administrator=person)
            log.added(person, person)
    except IntegrityError:
        raise NotFound from None
    return person


def change_display_name(person: User, name: str) -> None:
    person.display_name = name
    person.save(update_fields=["display_name", "display_key"])


def introduce(person: User, address_as: str, about_me: str) -> None:
    """Store what models are told of this person from their next question on."""
    person.address_as, person.about_me = address_as, about_me
    person.save(update_fields=["address_as", "about_me"])


def change_language(person: User, language: str) -> None:
    person.language = language
    person.save(update_fields=["language"])


def change_look(person: User, look: Look) -> None:
    person.theme, person.text_size = look.theme, look.text_size
    person.save(update_fields=["theme", "text_size"])


def end_sessions(person: User, sessions: Iterable[UserSession]) -> None:
    """End sessions of a person, and their sockets; each has a line in the audit log with its address."""
    for session in sessions:
        log.note(person, log.Act.REMOVED, session, name=session.ip)
        session.end()


def create_token(person: User, name: str, *, days: int) -> str:
    """Create a personal token and return its secret, of which only a digest is stored."""
    quotas.check_tokens(person)
    secret = new_token(PersonalToken.PREFIX)
    with transaction.atomic():
        token = PersonalToken.objects.create(
            user=person,
            name=name,
            digest=token_digest(secret),
            hint=secret[-4:],
            expires_at=timezone.now() + timedelta(days=days),
        )
        log.added(person, token)
        notices.tell(person, notices.Kind.TOKEN_MADE)
    return secret


def revoke_token(person: User, token_id: UUID) -> None:
    mine = person.tokens.filter(pk=token_id, revoked_at=None)
    with log.watch(person, mine):
        if not mine.update(revoked_at=timezone.now()):
            raise NotFound


def create_password_link(maker: User, person: User) -> str:
    """Create a link to a new password and return its secret; the caller has checked `may_reset`.

    The person's earlier links are closed.
    """
    with transaction.atomic():
        person.password_links.close()
        secret = first_password_link(maker, person)
        notices.tell(person, notices.Kind.LINK_MADE, by=maker)
    return secret


def first_password_link(maker: User, person: User) -> str:
    """Create a link for a new account, whose owner has nothing to be warned of yet, and return its secret."""
    secret = new_token()
    link = PasswordLink.objects.create(
        user=person,
        made_by=maker,
        digest=token_digest(secret),
        replaces=PasswordLink.state_of(person),
        expires_at=timezone.now() + PasswordLink.VALID,
    )
    log.added(maker, link)
    return secret


def use_password_link(link: PasswordLink, password: str) -> None:
    """Set the password of the link's person; raises NotFound where the link has been used meanwhile."""
    hashed = make_password(password)  # slow on purpose: before the transaction, in which others would wait
    with transaction.atomic():
        if not link.use():
            raise NotFound
        passwords.replace(link.user, hashed, kind=notices.Kind.PASSWORD_SET, by=link.made_by)
