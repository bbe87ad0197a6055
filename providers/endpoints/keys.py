"""The storing, replacing, switching and removing of keys, all in this module; effective at the next call."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from providers.audit import log
from providers.encryption import rotation, sealing
from providers.endpoints.pasted_keys import key_in
from providers.models import ApiKey, Endpoint
from providers.models.health import HealthEvent
from providers.pool import cooldown

LENGTH = 4096
"""Characters of a key."""
_NEVER_IN_A_KEY = frozenset(" ,\"'`")
"""A comma stands between several keys, and one quote alone is a piece of what stood around the key."""
_Kind = HealthEvent.Kind


def add_key(endpoint: Endpoint, plain: str, owner: Any = None, by: Any = None, row: ApiKey | None = None) -> ApiKey:
    """Store a key in a new row, or in a form's unsaved one. Raises ValidationError."""
    row = row or ApiKey()
    row.endpoint, row.owner, row.created_by = endpoint, owner, by
    with log.watch(by, ApiKey.objects.filter(pk=row.pk)):
        row.secret = check_key(row, plain, lock=True)
        row.save()
    return row


def replace_key(key: ApiKey, plain: str, by: Any) -> None:
    """Replace a stored value. Raises ValidationError. Running replies go on to their end."""
    with log.watch(by, ApiKey.objects.filter(pk=key.pk)):
        key.secret = check_key(key, plain, lock=True)
        key.save(update_fields=["secret", "fingerprint"])
        note(key, {"new_key"}, by)


def change_key(row: ApiKey, plain: str, changed: Collection[str], by: Any) -> None:
    """Store the fields of a form and, where one was entered, another value."""
    row.save()
    if plain:
        replace_key(row, plain, by)
    note(row, set(changed) - {"new_key"}, by)


def switch_key(key: ApiKey, on: bool, by: Any) -> None:
    """Enable or disable a key. Calls with a disabled key end within a second, in every process."""
    with log.watch(by, ApiKey.objects.filter(pk=key.pk)):
        key.enabled = on
        key.save(update_fields=["enabled"])
        note(key, {"enabled"}, by)


def set_fallback(key: ApiKey, falls_back: bool, by: Any) -> None:
    """Set whether the site's keys answer when this one cannot; effective at the next call."""
    with log.watch(by, ApiKey.objects.filter(pk=key.pk)):
        key.falls_back = falls_back
        key.save(update_fields=["falls_back"])


def remove_keys(keys: "QuerySet[ApiKey]", by: Any) -> int:
    """Delete keys and return their number. Their replies go on with another key, or end."""
    with log.watch(by, keys):
        return keys.delete()[1].get(ApiKey._meta.label, 0)


def note(key: ApiKey, changed: Collection[str], by: Any) -> None:
    """Log the changed form fields in the key's timeline, and end its troubles."""
    cooldown.reset([key.pk])
    if "new_key" in changed:
        HealthEvent.note(key.pk, _Kind.ROTATED, by=by)
    if "enabled" in changed:
        HealthEvent.note(key.pk, _Kind.ENABLED if key.enabled else _Kind.DISABLED, by=by)


def check_key(row: ApiKey, plain: str, *, lock: bool = False) -> str:
    """Return the key as `row` may hold it. Raises ValidationError.

    With `lock`, in a transaction, no other key is stored at this endpoint until the transaction has ended.
    """
    key = well_formed(plain)
    if not key:
        raise ValidationError(_("A key is needed."))
    _check_address(row.endpoint)
    if lock:
        Endpoint.objects.select_for_update(no_key=True).filter(pk=row.endpoint_id).first()
    _check_twins(row, key)
    return key


def well_formed(plain: str) -> str:
    """Return the key in a pasted text, "" if there is none. Raises ValidationError if it is none of any vendor."""
    key = key_in(plain)
    is_plain = key == "" or (key.isascii() and key.isprintable())
    if not is_plain or not _NEVER_IN_A_KEY.isdisjoint(key) or len(key) > LENGTH:
        raise ValidationError(_("A key is one line of plain ASCII characters without spaces, commas and quotes."))
    if key and not sealing.prefix():
        raise ValidationError(rotation.problem())
    return key


def _check_address(endpoint: Endpoint) -> None:
    """Refuse a key for an address that is not called. Raises ValidationError."""
    if endpoint.is_local:
        raise ValidationError(_("The small local model takes no key."))
    try:
        endpoint.clean()
    except ValidationError as error:
        raise ValidationError(error.messages) from None


def _check_twins(row: ApiKey, key: str) -> None:
    """Refuse a key that the site or the same owner already holds here. Raises ValidationError.

    Two rows would count as two keys and fail as one. Personal keys of other people are not compared, because the answer
    would reveal them. At a new address a key is a new one.
    """
    here = row.endpoint.keys.filter(endpoint__base_url=row.endpoint.base_url).exclude(pk=row.pk)
    twin = here.filter(Q(owner=None) | Q(owner=row.owner_id)).same_as(key).first()
    if twin and row.owner_id:
        raise ValidationError(_("This key is stored here already."))
    if twin:
        said = _("This key is stored here already: %(name)s.")
        raise ValidationError(said, params={"name": twin.name or str(twin.secret)})
