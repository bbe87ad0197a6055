"""Another password for somebody, and the end of what the old one opened."""

from conversations import notices
from conversations.models import AccountNotice, User
from providers import auditing


def replace(
    person: User,
    password: str,
    *,
    kind: AccountNotice.Kind = AccountNotice.Kind.PASSWORD_CHANGED,
    by: User | None = None,
    keeps_tokens: bool = False,
) -> None:
    """Set it, note it in the audit log and tell its person; `by` made the link that was followed."""
    tokens = person.tokens.open()
    with auditing.watch(person, User.objects.filter(pk=person.pk), tokens):
        person.replace_password(password, keeps_tokens=keeps_tokens)
        notices.tell(person, kind, by=by)
