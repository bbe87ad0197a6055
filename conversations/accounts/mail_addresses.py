"""Mail addresses of people: asked for, confirmed by a link, changed."""

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from conversations.accounts import mail, notices
from conversations.errors import Refused
from conversations.models import User
from providers.audit import log

SALT = "chatsite.address"
VALID = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a link in a letter says: whose address, which one, and what the account was like."""

    person: str
    address: str
    state: str

    def is_of(self, person: User) -> bool:
        """False for anybody else, and once the password or the address has changed."""
        return self.person == str(person.pk) and constant_time_compare(self.state, _state_of(person))


def ask(request: HttpRequest, person: User, address: str) -> None:
    """Mail a link to the new address, and tell the old one."""
    token = signing.dumps([str(person.pk), address, _state_of(person)], salt=SALT)
    link = request.build_absolute_uri(reverse("follow-address", args=[token]))
    with transaction.atomic():
        mail.send_confirmation(person, address, link)
        if person.email:
            notices.tell(person, notices.Kind.ADDRESS_ASKED)


def read(token: str) -> Wanted | None:
    try:
        return Wanted(*signing.loads(token, salt=SALT, max_age=VALID))
    except signing.BadSignature:
        return None


def change(person: User, address: str) -> None:
    """Give a person a confirmed address, or none; raises Refused where it is another's."""
    old = person.email
    if old == address:
        return
    try:
        with log.watch(person, User.objects.filter(pk=person.pk)):
            person.change_address(address)
            notices.tell(person, notices.Kind.ADDRESS_CHANGED, also_to=old)
    except IntegrityError:
        person.email = old
        raise Refused("conflict", "This address belongs to another account.") from None


def _state_of(person: User) -> str:
    return salted_hmac(SALT, f"{person.password} {person.email} {person.session_epoch}", algorithm="sha256").hexdigest()
