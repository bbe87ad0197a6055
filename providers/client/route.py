"""A way to a vendor: an endpoint, a key, and what a model is called there. `choosing` says which one is next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.conf import settings

from providers import local_model
from providers.client.stream import Stream
from providers.encryption.fields import Secret
from providers.errors import VendorDown
from providers.models import ApiKey, Deployment, Endpoint
from providers.transport.network import Network
from providers.transport.sockets import no_pause
from providers.types import Address, Prompt


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a vendor: its address, its own id of the model, and the key (None where it wants none).

    `raw_extras` is what an administrator lays over the requests of this `deployment`; `takes` are the kinds of parts
    with files (image, file) that its model reads; `endpoint`, `key_id` and `deployment` are the rows it came from.
    """

    address: Address
    vendor_id: str
    key: Secret | None
    is_local: bool
    endpoint: UUID | None = None
    key_id: UUID | None = None
    deployment: UUID | None = None
    raw_extras: Mapping[str, Any] = field(default_factory=dict)
    takes: frozenset[str] = frozenset()
    through_proxy: bool = True

    def stream(self, prompt: Prompt, rest: Callable[[], float] = no_pause) -> Stream:
        """A reply to read, resting as `rest` says; it connects when iterated. Blocks while the local model starts."""
        # Always set: nobody but an administrator may bring extras of their own.
        parameters = {**prompt.parameters, "raw": self.raw_extras}
        asked = replace(prompt, parameters=parameters)
        return Stream(self.reachable(), asked, self.key, network=self.network(), rest=rest)

    def network(self) -> Network:
        """Return what calls on this route may reach, and through what."""
        proxy = settings.CHATSITE_PROXY if self.through_proxy else None
        return Network(private_hosts(), proxy, settings.CHATSITE_CA_FILE)

    def reachable(self) -> Address:
        """The address as it is now: the local model has a new one each time it starts."""
        return replace(self.address, base_url=_local_base_url()) if self.is_local else self.address


def _local_base_url() -> str:
    try:
        return local_model.ensure_running()
    except local_model.LocalModelUnavailable as error:
        raise VendorDown(because=str(error)) from None


def route_of(deployment: Deployment, key: ApiKey | None = None) -> Route:
    """The way to this deployment with this key, else with its endpoint's first."""
    way = route_to(deployment.endpoint, deployment.vendor_id, key)
    return replace(
        way,
        address=replace(way.address, learnt=frozenset(deployment.learnt)),
        deployment=deployment.pk,
        raw_extras=deployment.raw_extras,
        takes=frozenset(
            kind for kind, taken in (("image", deployment.takes_images), ("file", deployment.takes_documents)) if taken
        ),
    )


def route_to(endpoint: Endpoint, vendor_id: str = "", key: ApiKey | None = None) -> Route:
    """Return the way to this endpoint with this key, else the site's first, for a model that it need not serve yet."""
    key = key or endpoint.keys.of_site().filter(enabled=True).first()
    return Route(
        endpoint.address(),
        vendor_id,
        key.secret if key else None,
        endpoint.is_local,
        endpoint=endpoint.pk,
        key_id=key.pk if key else None,
        through_proxy=endpoint.through_proxy,
    )


def remember(route: Route, learnt: frozenset[str]) -> None:
    """Store what a stream on this route has learnt. Two replies may learn at once: the later one wins, and what it
    did not know is learnt again."""
    if route.deployment and learnt != route.address.learnt:
        Deployment.objects.filter(pk=route.deployment).update(learnt=sorted(learnt))


def private_hosts() -> frozenset[str]:
    """The private addresses that may be called: those of the setting, and the local model's own."""
    return settings.CHATSITE_PRIVATE_HOSTS | {local_model.address()}
