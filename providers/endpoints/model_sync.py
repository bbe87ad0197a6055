"""Models picked from the list that a vendor offers."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from providers.audit import log
from providers.client import model_list
from providers.client.route import route_to
from providers.endpoints import adding
from providers.endpoints.adding import MAX_NAME_LENGTH
from providers.models import Endpoint, LanguageModel
from providers.types import CatalogueEntry

_OTHER_PURPOSE = re.compile(
    r"embed|rerank|moderation|whisper|transcri|(^|[-/_])(tts|stt|asr)([-/_]|$)|(^|/)(bge|m3e|gte)-", re.IGNORECASE
)
ORDERS = {
    "id": gettext_lazy("the vendor's id of the model"),
    "name": gettext_lazy("name"),
    "input": gettext_lazy("tokens in"),
    "output": gettext_lazy("tokens out"),
}


def offered(endpoint: Endpoint) -> list[CatalogueEntry]:
    """Return the models that the vendor lists for this endpoint's first key, by id.

    Raises VendorError or sealing.Locked.
    """
    route = route_to(endpoint)
    entries = model_list.list_models(route.reachable(), route.key, route.network())
    usable = (entry for entry in entries if _can_be_stored(entry.id))
    return sorted(usable, key=lambda entry: entry.id.casefold())


def for_chat(entries: Iterable[CatalogueEntry]) -> list[CatalogueEntry]:
    """Return the entries without those whose id names another purpose: embeddings, ranking, speech, moderation."""
    return [entry for entry in entries if not _OTHER_PURPOSE.search(entry.id)]


def matching(entries: Iterable[CatalogueEntry], wanted: str) -> list[CatalogueEntry]:
    """Return the entries whose id or name holds every word of `wanted`."""
    words = wanted.casefold().split()
    return [entry for entry in entries if all(word in f"{entry.id} {entry.name}".casefold() for word in words)]


def ordered(entries: Iterable[CatalogueEntry], by: str) -> list[CatalogueEntry]:
    """Return the entries by one of ORDERS; entries without that value come last."""
    keys: dict[str, Callable[[CatalogueEntry], Any]] = {
        "name": lambda entry: (not entry.name, entry.name.casefold()),
        "input": lambda entry: -(entry.input_limit or 0),
        "output": lambda entry: -(entry.output_limit or 0),
    }
    return sorted(entries, key=keys.get(by, lambda entry: entry.id.casefold()))


def served(endpoint: Endpoint) -> set[str]:
    """Return the vendor's ids of the models that this endpoint already serves."""
    return set(endpoint.deployments.values_list("vendor_id", flat=True))


def adopt(endpoint: Endpoint, picked: Iterable[str], by: Any = None) -> list[str]:
    """Add the selected models from this endpoint and return the new ones. Raises ValidationError."""
    wanted = [name for name in dict.fromkeys(name.strip() for name in picked) if name not in served(endpoint)]
    if not all(_can_be_stored(name) for name in wanted):
        raise ValidationError(_("A model's name is one line of at most 200 characters."))
    with log.watch(by, endpoint.deployments.all(), LanguageModel.objects.filter(name__in=wanted)):
        for vendor_id in wanted:
            adding.serve(endpoint, vendor_id, by)
    return wanted


def _can_be_stored(name: str) -> bool:
    return 0 < len(name) <= MAX_NAME_LENGTH and name.isprintable()
