"""Notices about changes of an account's protection, shown at the next sign-in and sent by mail."""

from conversations.mail import letters
from conversations.models import AccountNotice, User

Kind = AccountNotice.Kind


def tell(person: User, kind: Kind, by: User | None = None, also_to: str = "") -> None:
    """Store a notice for the person and mail it to their address, and to `also_to`."""
    name = by.name if by is not None and by != person else ""
    notice = AccountNotice.objects.create(user=person, kind=kind, by=name)
    for address in {person.email, also_to} - {""}:
        letters.send_notice(notice, address)
