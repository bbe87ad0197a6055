"""Replacement of a password, and of the access that the old one gave."""

from django.db import transaction
from django.utils import timezone

from conversations.mail import letters, notices
from conversations.models import AccountNotice, PasswordLink, User
from conversations.models.unique_keys import AddressKey
from providers.audit import log


def replace(
    person: User,
    hashed: str,
    *,
    kind: AccountNotice.Kind = AccountNotice.Kind.PASSWORD_CHANGED,
    by: User | None = None,
    keeps_tokens: bool = False,
) -> None:
    """Set the password, note it in the audit log and notify the person; `by` made the link that was followed.

    `hashed` comes from `make_password`, which is slow on purpose and would block other writers in a transaction.
    """
    tokens = person.tokens.open()
    with log.watch(person, User.objects.filter(pk=person.pk), tokens):
        person.replace_password(hashed, keeps_tokens=keeps_tokens)
        notices.tell(person, kind, by=by)


def mail_link(address: str, digest: str, link: str, client: str) -> None:
    """Mail a link to a new password to the owner of this address; sends nothing if nobody has it."""
    person = User.objects.filter(email_key=AddressKey.key_of(address), is_active=True).first()
    if person is None or person.password_links.letters().open().count() >= PasswordLink.MAX_LETTERS:
        return
    with log.coming_from(lambda: client), transaction.atomic():
        letter = PasswordLink.objects.create(
            user=person,
            digest=digest,
            replaces=PasswordLink.state_of(person),
            expires_at=timezone.now() + PasswordLink.LETTER_VALID,
        )
        log.added(person, letter)
        letters.send_password_link(person, link)
