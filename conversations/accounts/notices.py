"""Tells people of changes of what protects their accounts: at their next sign-in and by mail."""

from conversations.accounts import mail
from conversations.models import AccountNotice, User

Kind = AccountNotice.Kind


def tell(person: User, kind: Kind, by: User | None = None, also_to: str = "") -> None:
    """Keep a notice for the person and mail it to their address, and to another one."""
    name = by.name if by is not None and by != person else ""
    notice = AccountNotice.objects.create(user=person, kind=kind, by=name)
    for address in {person.email, also_to} - {""}:
        mail.send_notice(notice, address)
