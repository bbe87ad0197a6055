"""Second factors, whose seeds are encrypted in the database like vendors' keys, and passkeys."""

import re
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, ClassVar

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.models import Installation
from providers.encryption import sealing

PLACE = "second factor"
_END = "."  # a sealed secret shows its last characters, but only letters and digits


class EncryptedMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The site's adapter for django-allauth's second factors."""

    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("The code is not correct, or has been used."),
    }

    def encrypt(self, text: str) -> str:
        return sealing.seal(text + _END, PLACE)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text, PLACE).removesuffix(_END)

    def get_totp_issuer(self) -> str:
        return str(Installation.of_site())

    def build_totp_svg(self, url: str) -> str:
        return ""  # the template draws it

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002
        return gettext("Passkey")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": _host_name(context.request), "name": str(Installation.of_site())}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        return {**super().get_public_key_credential_user_entity(user), "display_name": user.name, "name": user.username}


def takes_passkeys(request: HttpRequest) -> bool:
    """Return whether browsers make passkeys at this address: it needs a name, and https except at localhost."""
    name = _host_name(request)
    with suppress(ValueError):
        ip_address(name.strip("[]"))
        return False
    return request.is_secure() or name == "localhost" or name.endswith(".localhost")


def _host_name(request: HttpRequest) -> str:
    """Return the request's host without its port, to which its passkeys belong."""
    return re.sub(r":\d+$", "", request.get_host())


def renew_seals() -> tuple[int, int]:
    """Encrypt each seed with the newest key; returns how many were, and how many no key of the ring opens."""
    renewed = locked = 0
    for factor in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN):  # a passkey has no secret here
        try:
            fresh = _renewed(factor.data)
        except sealing.Locked:
            locked += 1
            continue
        renewed += Authenticator.objects.filter(pk=factor.pk, data=factor.data).update(data=fresh)
    return renewed, locked


def locked() -> tuple[int, set[str]]:
    """Count the seeds that no key of the ring opens, and name the keys that would."""
    tokens = [token for factor in Authenticator.objects.all() for token in _sealed(factor.data)]
    shut = [token for token in tokens if not token.startswith(sealing.prefix())]
    return len(shut), {sealing.key_id_in(token) for token in shut}


def _sealed(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _sealed(item)
    elif isinstance(value, str) and sealing.is_sealed(value):
        yield value


def _renewed(value: Any) -> Any:
    """Return the same value with each encrypted text in it encrypted with the newest key."""
    if isinstance(value, dict):
        return {key: _renewed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_renewed(item) for item in value]
    if isinstance(value, str) and sealing.is_sealed(value):
        return sealing.seal(sealing.unseal(value, PLACE), PLACE)
    return value
