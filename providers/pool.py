"""Which endpoint and which key answer next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.conf import settings

from providers import local_model
from providers.errors import VendorDown, VendorError
from providers.fields import Secret
from providers.models import ApiKey, Deployment, Endpoint
from providers.resting import never
from providers.streaming import Stream
from providers.types import Address, Prompt


class NothingServes(VendorError):
    """The model was switched off, or lost its last key, after the question had been asked."""

    code = "no_model"
    sentence = "No endpoint serves this model any more."
    vendor_fault = False


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a vendor: its address, its own id of the model, and the key (None where it wants none).

    `raw_extras` is what an administrator lays over the requests of this `deployment`.
    """

    address: Address
    vendor_id: str
    key: Secret | None
    is_local: bool
    deployment: UUID | None = None
    raw_extras: Mapping[str, Any] = field(default_factory=dict)

    def stream(self, prompt: Prompt, rest: Callable[[], float] = never) -> Stream:
        """A reply to read, resting as `rest` says; it connects when iterated. Blocks while the local model starts."""
        # Always set: nobody but an administrator may bring extras of their own.
        parameters = {**prompt.parameters, "raw": self.raw_extras}
        asked = replace(prompt, parameters=parameters)
        return Stream(self.reachable(), asked, self.key, private_hosts=private_hosts(), rest=rest)

    def reachable(self) -> Address:
        """The address as it is now: the local model has a new one each time it starts."""
        return replace(self.address, base_url=_local_base_url()) if self.is_local else self.address


def _local_base_url() -> str:
    try:
        return local_model.ensure_running()
    except local_model.LocalModelUnavailable as error:
        raise VendorDown(because=str(error)) from None


def choose(model: UUID | None) -> Route:
    """The first working deployment of this model and its first key; raises NothingServes."""
    deployment = Deployment.objects.usable().filter(model=model).select_related("endpoint").first()
    if deployment is None:
        raise NothingServes
    return route_of(deployment)


def route_of(deployment: Deployment) -> Route:
    """The way to this deployment with its endpoint's first key."""
    way = route_to(deployment.endpoint)
    return replace(
        way,
        address=replace(way.address, learnt=frozenset(deployment.learnt)),
        vendor_id=deployment.vendor_id,
        deployment=deployment.pk,
        raw_extras=deployment.raw_extras,
    )


def route_to(endpoint: Endpoint, vendor_id: str = "") -> Route:
    """The way to this endpoint with its first key, for a model that it need not serve yet."""
    key = ApiKey.objects.filter(endpoint=endpoint, enabled=True).first()
    return Route(endpoint.address(), vendor_id, key.secret if key else None, endpoint.is_local)


def remember(route: Route, learnt: frozenset[str]) -> None:
    """Store what a stream on this route has learnt. Two replies may learn at once: the later one wins, and what it
    did not know is learnt again."""
    if route.deployment and learnt != route.address.learnt:
        Deployment.objects.filter(pk=route.deployment).update(learnt=sorted(learnt))


def private_hosts() -> frozenset[str]:
    """The private addresses that may be called: those of the setting, and the local model's own."""
    return settings.CHATSITE_PRIVATE_HOSTS | {local_model.address()}
