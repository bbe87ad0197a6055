"""A route to a vendor: endpoint, key and the vendor's id of the model. `providers.pool` chooses the next one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import transaction

from providers import local_model
from providers.client.speech import SpeechStream
from providers.client.stream import Stream
from providers.encryption.fields import Secret
from providers.errors import VendorDown
from providers.models import ApiKey, Deployment, Endpoint
from providers.transport.network import Network
from providers.types import Address, Clocks, Prompt
from providers.wires import registry
from providers.wires.parameters import Parameter, drawing, fitted

_PICTURE_FACTOR = 5


@dataclass(frozen=True, slots=True)
class Route:
    """One route to a vendor: its address, its own id of the model, and the key, if it needs one.

    `raw_extras` is the JSON that an administrator lays over the requests of this `deployment`. `takes` are the kinds of
    parts with files (image, file) that its model reads. `pictures` are the parameters of the pictures that it makes, or
    None. `endpoint`, `key_id` and `deployment` are ids of the rows.
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
    pictures: Mapping[str, Parameter] | None = None
    through_proxy: bool = True

    def stream(self, prompt: Prompt, searches: int = 0) -> Stream:
        """Return an unopened stream of the reply, which went on so often for a search. It connects when iterated.

        Blocks while the local model starts. Raises VendorDown if that fails.
        """
        # Always overwritten: only an administrator may set raw extras.
        within = fitted(prompt.parameters, registry.wire(self.address.wire).PARAMETERS)
        parameters = {**drawing(within, self.pictures), "raw": self.raw_extras}
        asked = replace(prompt, parameters=parameters)
        return Stream(self.reachable(), asked, self.key, network=self.network(), searches=searches)

    def speech(self, prompt: Prompt) -> SpeechStream:
        """Return an unopened call that reads the words of `prompt` aloud."""
        asked = replace(prompt, parameters={"raw": self.raw_extras})
        return SpeechStream(self.reachable(), asked, self.key, network=self.network())

    @property
    def makes_only_pictures(self) -> bool:
        """Return whether replies are pictures alone, made of the last words."""
        return registry.makes_only_pictures(self.address.wire)

    def for_speech(self) -> Self:
        """Return the route over the wire that models for speech have at this address."""
        return replace(self, address=replace(self.address, wire=registry.audio(self.address.wire)))

    def network(self) -> Network:
        """Return the network settings of calls on this route."""
        proxy = settings.CHATSITE_PROXY if self.through_proxy else None
        return Network(private_hosts(), proxy, settings.CHATSITE_CA_FILE)

    def reachable(self) -> Address:
        """Return the current address: the local model has a new one each time it starts."""
        return replace(self.address, base_url=_local_base_url()) if self.is_local else self.address


def _local_base_url() -> str:
    try:
        return local_model.ensure_running()
    except local_model.LocalModelUnavailable as error:
        raise VendorDown(because=str(error)) from None


def route_of(deployment: Deployment, key: ApiKey | None = None) -> Route:
    """Return the route to this deployment with this key, else with the endpoint's first key."""
    way, pictures = route_to(deployment.endpoint, deployment.vendor_id, key), deployment.pictures()
    return replace(
        way,
        address=replace(
            way.address,
            wire=deployment.speaks(),
            clocks=_patient(way.address.clocks) if pictures is not None else way.address.clocks,
            draws=pictures is not None,
            quirks=frozenset(deployment.learnt),
            web_search=deployment.web_search,
            origin=f"{deployment.pk}/{way.key_id or ''}",
        ),
        deployment=deployment.pk,
        raw_extras=deployment.raw_extras,
        takes=deployment.taken_kinds(),
        pictures=pictures,
    )


def _patient(clocks: Clocks) -> Clocks:
    """Return the clocks of a model that makes pictures: it shows nothing for minutes."""
    return replace(clocks, first_token=_PICTURE_FACTOR * clocks.first_token, silence=_PICTURE_FACTOR * clocks.silence)


def route_to(endpoint: Endpoint, vendor_id: str = "", key: ApiKey | None = None) -> Route:
    """Return the route to this endpoint with this key, else with the site's first key.

    The endpoint need not serve the model yet.
    """
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


def remember(route: Route, quirks: frozenset[str], sentences: Mapping[str, str] = MappingProxyType({})) -> None:
    """Store the quirks that a stream on this route has learnt, with the vendor's sentences about the new ones.

    Only what is new or gone changes: another reply may learn at once, and an administrator forget.
    """
    if not route.deployment or quirks == route.address.quirks:
        return
    new, gone = quirks - route.address.quirks, route.address.quirks - quirks
    with transaction.atomic():
        deployment = Deployment.objects.select_for_update(no_key=True).filter(pk=route.deployment).first()
        if deployment is not None:
            deployment.learn(new, gone, sentences)


def private_hosts() -> frozenset[str]:
    """Return the private addresses that may be called: those of the setting, and the local model's own."""
    return settings.CHATSITE_PRIVATE_HOSTS | {local_model.address()}
