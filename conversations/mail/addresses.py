"""Mail addresses of people: requested, confirmed by a link, changed."""

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from conversations.errors import Refused
from conversations.mail import letters, notices
from conversations.models import User
from providers.audit import log

SALT = "chatsite.address"
VALID = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The content of a confirmation link: the person, the address, and the account's state at that time."""

    person: str
    address: str
    state: str

    def is_of(self, person: User) -> bool:
        """Return whether the link is this person's and neither password nor address has changed since."""
        return self.person == str(person.pk) and constant_time_compare(self.state, _state_of(person))


def ask(request: HttpRequest, person: User, address: str) -> None:
    """Mail a link to the new address, and a notice to the old one."""
    token = signing.dumps([str(person.pk), address, _state_of(person)], salt=SALT)
    link = request.build_absolute_uri(reverse("follow-address", args=[token]))
    with transaction.atomic():
        letters.send_confirmation(person, address, link)
        if person.email:
            notices.tell(person, notices.Kind.ADDRESS_ASKED)


def read(token: str) -> Wanted | None:
    try:
        return Wanted(*signing.loads(token, salt=SALT, max_age=VALID))
    except signing.BadSignature:
        return None


def change(person: User, address: str) -> None:
    """Set a person's confirmed address, or none; raises Refused if another account has it."""
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
