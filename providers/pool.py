"""Which endpoint and which key answer next."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings

from providers import local_model
from providers.errors import VendorDown, VendorError
from providers.fields import Secret
from providers.models import ApiKey, Deployment
from providers.streaming import Stream
from providers.types import Address, Prompt


class NothingServes(VendorError):
    """The model was switched off, or lost its last key, after the question had been asked."""

    code = "no_model"
    sentence = "No endpoint serves this model any more."
    vendor_fault = False


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a vendor: its address, its own id of the model, and the key (None where it wants none)."""

    address: Address
    vendor_id: str
    key: Secret | None
    is_local: bool

    def stream(self, prompt: Prompt) -> Stream:
        """A reply to read; it connects when it is iterated. Blocks while the local model starts."""
        address = replace(self.address, base_url=_local_base_url()) if self.is_local else self.address
        return Stream(address, prompt, self.key, private_hosts=private_hosts())


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
    endpoint = deployment.endpoint
    key = ApiKey.objects.filter(endpoint=endpoint, enabled=True).first()
    return Route(endpoint.address(), deployment.vendor_id, key.secret if key else None, endpoint.is_local)


def private_hosts() -> frozenset[str]:
    """The private addresses that may be called: those of the setting, and the local model's own."""
    return settings.CHATSITE_PRIVATE_HOSTS | {local_model.address()}
