"""Places where a person or a team is told what happened: added, tested and removed."""

import base64
import re
import secrets
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils.translation import gettext as _

from conversations.errors import NotFound, Refused
from conversations.models import Delivery, Installation, Target, Team, User
from conversations.models.notifications.target import MAX_TARGETS, kinds_for
from conversations.notifications import robots, sending, web_push
from providers.audit import log
from providers.error_texts import localized
from providers.errors import AddressRefused
from providers.transport import egress

_QUERY = re.compile(r"[!$-~]*")  # neither a quote, a fragment nor a blank


def add_target(user: User, team: UUID | None = None, **given: Any) -> tuple[Target, str]:
    """Store a place of one's own or, as a lead, of a team.

    Returns it and a new secret, which is shown once, or an empty text. Refuses an address that the site does not call,
    and more places than one may have.
    """
    if given["form"] != Target.Form.MAIL and not Installation.lets_tell_outside():
        raise Refused("not_found", _("This site sends no notifications to other services."))
    _check_address(given["address"])
    made = ""
    if given["form"] == Target.Form.WEBHOOK and not given["signing"]:
        made = given["signing"] = robots.SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    with transaction.atomic():
        owner: dict[str, Any] = {"team": _led(user, team)} if team else {"person": _locked(user)}
        if Target.objects.filter(**owner).count() >= MAX_TARGETS:
            raise Refused("busy", _("There are %(most)s already: remove one first.") % {"most": MAX_TARGETS})
        target = Target.objects.create(**owner, **given, created_by=user)
        log.added(user, target)
    return target, made


def add_browser(user: User, session_key: str, name: str, address: str, key: str, auth: str) -> Target:
    """Tell this browser while no page is open, until it is signed out. An earlier subscription ends."""
    if not Installation.lets_tell_outside():
        raise Refused("not_found", _("This site sends no notifications to other services."))
    _check_address(address)
    try:
        signing = web_push.subscription(key, auth)
    except ValueError:
        raise Refused("bad_field", _("This browser gave no address for notifications.")) from None
    with transaction.atomic():
        owner = _locked(user)
        session = UserSession.objects.filter(user=user, session_key=session_key).first()
        if session is None:
            raise NotFound
        others = Target.objects.filter(person=user)
        others.filter(session=session).delete()
        if others.count() >= MAX_TARGETS:
            raise Refused("busy", _("There are %(most)s already: remove one first.") % {"most": MAX_TARGETS})
        given = {"form": Target.Form.PUSH, "name": name, "kinds": list(kinds_for(user))}
        target = Target.objects.create(
            person=owner, session=session, address=address, signing=signing, created_by=user, **given
        )
        log.added(user, target)
    return target


def remove_target(user: User, target_id: UUID) -> Target:
    with transaction.atomic():
        target = _own(user, target_id)
        log.removed(user, target)
        Target.objects.filter(pk=target.pk).delete()
    return target


def test_target(user: User, target_id: UUID) -> Target:
    """Tell a place of a test, and switch it on again."""
    with transaction.atomic():
        target = _own(user, target_id)
        Target.objects.filter(pk=target.pk).update(is_on=True, failures=0, rests_until=None)
        Delivery.objects.test(target)
    return target


def _check_address(address: str) -> None:
    path, _sign, query = address.partition("?")
    try:
        if address:
            egress.check_url(path if _QUERY.fullmatch(query) else address, sending.network().private_hosts)
    except AddressRefused as refused:
        raise Refused("bad_field", localized(refused), "address") from None


def _own(user: User, target_id: UUID) -> Target:
    target = Target.objects.decided_by(user).filter(pk=target_id).first()
    if target is None:
        raise NotFound
    return target


def _led(user: User, team: UUID) -> Team:
    found = Team.objects.led_by(user).select_for_update(no_key=True).filter(pk=team).first()
    if found is None:
        raise NotFound
    return found


def _locked(user: User) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)
