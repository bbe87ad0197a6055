"""A model, its endpoints, and searches for a route to them."""

from uuid import UUID, uuid4

import pytest

from providers.client.route import Route
from providers.errors import VendorError
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel, Trouble
from providers.pool.route_search import RouteSearch, Waiting
from tests.clock import Clock


@pytest.fixture
def model() -> LanguageModel:
    return LanguageModel.objects.create(name="parrot")


def endpoint(model: LanguageModel, name: str, keys: int = 1, **fields: object) -> Endpoint:
    """Create an endpoint that serves this model, with `keys` keys."""
    made = Endpoint.objects.create(name=name, wire="openai", base_url=f"https://{name}.example/v1", needs_key=keys > 0)
    Deployment.objects.create(model=model, endpoint=made, vendor_id=name, **fields)
    for number in range(keys):
        ApiKey.objects.create(endpoint=made, name=f"{name}{number}", secret=f"sk-test-{name}-{number}")
    return made


def search(model: LanguageModel, holder: UUID | None = None) -> RouteSearch:
    return RouteSearch(model.pk, lambda: list(ApiKey.objects.serving(model.pk)), holder or uuid4())


def taken(looking: RouteSearch) -> Route:
    step = looking.next()
    assert isinstance(step, Route), step
    return step


def waits(looking: RouteSearch) -> Waiting:
    step = looking.next()
    assert isinstance(step, Waiting), step
    return step


def fail(model: LanguageModel, error: VendorError) -> Route:
    """Take one route, fail there and give up; return the route."""
    looking = search(model)
    route = taken(looking)
    looking.failed(route, error)
    looking.release()
    return route


def seconds_cooling(subject: UUID | None, clock: Clock) -> float:
    return (Trouble.objects.get(subject=subject).cooling_until - clock.now()).total_seconds()
