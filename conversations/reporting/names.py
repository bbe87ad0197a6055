"""Names of people, teams, keys, endpoints and models in the reports, and of a call's outcome."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.models import Team, UsageRecord, User
from conversations.models.spending import NOBODY
from providers.models import ApiKey, Endpoint, LanguageModel

OUTCOMES = {
    "complete": gettext_lazy("complete"),
    "stopped": gettext_lazy("stopped"),
    "tool_call": gettext_lazy("another call followed"),
    "key_refused": gettext_lazy("key refused"),
    "quota": gettext_lazy("no quota left"),
    "rate_limited": gettext_lazy("too many requests"),
    "model_not_found": gettext_lazy("no such model"),
    "bad_request": gettext_lazy("request not accepted"),
    "context_too_long": gettext_lazy("conversation too long"),
    "blocked": gettext_lazy("blocked by its rules"),
    "vendor_down": gettext_lazy("not available"),
    "vendor_timeout": gettext_lazy("no answer in time"),
    "stalled": gettext_lazy("fell silent"),
    "cut_off": gettext_lazy("connection broke"),
    "bad_reply": gettext_lazy("not a reply"),
    "reply_too_long": gettext_lazy("reply too long"),
    "server_restarted": gettext_lazy("server restarted"),
    "unavailable": gettext_lazy("fault of this site"),
}
"""Names of a call's outcome, by its code in the ledger."""


def outcome_name(code: str) -> str:
    return str(OUTCOMES.get(code, code))


def names_of(kind: str, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return a name for each id; for a deleted row, the name that the ledger kept."""
    ids = set(ids)
    rows, name = _KINDS[kind]
    found = {row.pk: name(row) for row in rows().filter(pk__in=ids)}
    return {one: found.get(one) or _missing(kind, one) for one in ids}


def key_name(key: ApiKey) -> str:
    return f"{key.endpoint.name} {key.name} {key.secret}" if key.name else str(key)


def _person_name(person: User) -> str:
    return f"{person.display_name} ({person.username})" if person.display_name else person.username


def _missing(kind: str, one: UUID) -> str:
    if one == NOBODY:
        told = {"team": _("in no team"), "key": _("without a key"), "person": _("the site's own tests of keys")}
        return told.get(kind, _("no longer known"))
    if kind in ("key", "endpoint", "model"):
        last = UsageRecord.objects.filter(**{kind: one}).order_by("-created_at").first()
        if last and (kept := getattr(last, f"{kind}_name")):
            return _("%(name)s (deleted)") % {"name": kept}
    return _("deleted: %(id)s") % {"id": str(one)[:8]}


_KINDS: dict[str, tuple[Callable[[], Any], Callable[[Any], str]]] = {
    "person": (User.objects.all, _person_name),
    "team": (Team.objects.all, str),
    "key": (lambda: ApiKey.objects.select_related("endpoint"), key_name),
    "endpoint": (Endpoint.objects.all, str),
    "model": (LanguageModel.objects.all, str),
}
