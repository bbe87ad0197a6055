"""Which key is next: what fails is left alone for a while, and the next one is tried."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from providers import errors
from providers.client.route import Route
from providers.errors import KeyWithdrawn, NothingServes, VendorError
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel, Trouble
from providers.pool import blame, cooldown
from providers.pool.blame import Rests, Subject
from providers.pool.route_search import MAX_ATTEMPTS, MAX_CALLS, PATIENCE, Waiting
from tests.clock import Clock
from tests.providers.searching import endpoint, fail, model, search, seconds_cooling, taken, waits

__all__ = ["model"]

pytestmark = pytest.mark.django_db(transaction=True)


# --- Which way -----------------------------------------------------------------------------------------------------


def test_keys_are_drawn_by_weight_within_a_priority(model: LanguageModel) -> None:
    endpoint(model, "a", 3)
    ApiKey.objects.filter(name="a0").update(weight=3)
    ApiKey.objects.filter(name="a2").update(priority=2)
    drawn = Counter(ApiKey.objects.get(pk=taken(search(model)).key_id).name for _ in range(200))
    assert set(drawn) == {"a0", "a1"}
    assert 110 <= drawn["a0"] <= 185, "three quarters, more or less"


def test_the_first_deployment_is_used_until_it_cannot_be(model: LanguageModel) -> None:
    endpoint(model, "second", priority=2)
    first = endpoint(model, "first", priority=1)
    assert {taken(search(model)).endpoint for _ in range(10)} == {first.pk}
    fail(model, errors.VendorDown())
    assert taken(search(model)).endpoint != first.pk


def test_choosing_costs_few_queries(model: LanguageModel, django_assert_max_num_queries: object) -> None:
    for name in ("a", "b", "c"):
        endpoint(model, name, 4)
    ApiKey.objects.update(last_used_at=Clock.real())
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        looking = search(model)
        taken(looking)
        looking.succeeded()
        looking.release()


def test_the_use_of_a_key_is_noted_once_a_minute(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    for seconds, noted in ((0, 0), (59, 0), (1, 60), (30, 60)):
        clock.turn(seconds)
        taken(search(model))
        assert ApiKey.objects.get().last_used_at == clock.begun + timedelta(seconds=noted)


def test_where_nothing_serves_that_is_said(model: LanguageModel) -> None:
    with pytest.raises(NothingServes):
        search(model).next()
    endpoint(model, "a")
    ApiKey.objects.update(enabled=False)
    with pytest.raises(NothingServes):
        search(model).next()


# --- The subject of a cooldown, and its duration --------------------------------------------------------------------

PAUSES: dict[str, tuple[VendorError, str, float, float]] = {
    "refused": (errors.KeyRefused(), "key", 600, 21_600),
    "no quota": (errors.QuotaExhausted(), "key", 3600, 21_600),
    "too many calls": (errors.RateLimited(), "pair", 2, 60),
    "too many calls, told": (errors.RateLimited(retry_after=40), "pair", 40, 60),
    "too many calls, told nonsense": (errors.RateLimited(retry_after=1e9), "pair", 900, 900),
    "no such model": (errors.ModelNotFound(), "deployment", 60, 3600),
    "not with this model": (errors.ModelForbidden(), "pair", 600, 21_600),
    "not from here": (errors.RegionRefused(), "endpoint", 600, 21_600),
    "a page": (errors.PageInstead(), "endpoint", 0.5, 60),
    "unreachable": (errors.Unreachable(), "endpoint", 0.5, 60),
    "away": (errors.VendorDown(), "endpoint", 0.5, 60),
    "away, told": (errors.VendorDown(retry_after=7), "endpoint", 7, 60),
    "too slow": (errors.VendorTimeout(), "endpoint", 15, 600),
    "cut off": (errors.CutOff(), "endpoint", 0.5, 60),
    "nothing": (errors.NothingSaid(), "endpoint", 15, 600),
    "not a reply": (errors.BadReply(), "endpoint", 15, 600),
}


@pytest.mark.parametrize("name", PAUSES)
def test_what_failed_is_left_alone_longer_and_longer(model: LanguageModel, clock: Clock, name: str) -> None:
    error, whose, first, longest = PAUSES[name]
    endpoint(model, "a")
    is_confirmed = blame.rule_of(error).rests is Rests.CONFIRMED
    fail_so = fail_plainly if is_confirmed else fail
    route = fail_so(model, error)
    pair = cooldown.place_of(Subject.PAIR, route)
    places = {"key": route.key_id, "endpoint": route.endpoint, "deployment": route.deployment, "pair": pair}
    subject = places[whose]
    assert Trouble.objects.count() == 1
    pauses = [seconds_cooling(subject, clock)]
    for _ in range(20):
        clock.turn(pauses[-1])
        fail_so(model, error)
        pauses.append(seconds_cooling(subject, clock))
    assert first <= pauses[0] <= 1.1 * first
    assert longest <= pauses[-1] <= 1.1 * longest
    assert Trouble.objects.get().failures == 21


LIMITED = (errors.RateLimited(), errors.RateLimited(retry_after=40))


@pytest.mark.parametrize("keys", [0, 2])
@pytest.mark.parametrize("error", LIMITED)
def test_a_limit_is_one_models_until_a_second_model_meets_it_too(
    model: LanguageModel, clock: Clock, error: VendorError, keys: int
) -> None:
    """Vendors count for each model, and for the account; many say "too many requests" of both."""
    place = endpoint(model, "a", keys)
    owl, crow = (LanguageModel.objects.create(name=name) for name in ("owl", "crow"))
    for other in (owl, crow):
        Deployment.objects.create(model=other, endpoint=place, vendor_id=other.name)
    ApiKey.objects.filter(name="a1").update(priority=9)
    first = fail(model, error)
    assert taken(search(owl)).key_id == first.key_id
    second = fail(owl, error)
    assert second.key_id == first.key_id
    whole = first.key_id or place.pk
    assert set(resting()) == {cooldown.place_of(Subject.PAIR, first), whole}
    if keys:
        assert taken(search(crow)).key_id not in (None, first.key_id), "the other key has met with nothing"
    else:
        assert isinstance(search(crow).next(), Waiting)
    clock.turn(45 + 61)
    Trouble.objects.filter(subject=whole).delete()
    fail(crow, error)
    assert whole not in resting(), "the first one was more than a minute ago"


def test_a_limit_that_names_the_model_never_rests_the_key(model: LanguageModel) -> None:
    place = endpoint(model, "a")
    owl = LanguageModel.objects.create(name="owl")
    Deployment.objects.create(model=owl, endpoint=place, vendor_id="owl")
    fail(model, errors.RateLimited())
    error = errors.RateLimited()
    error.names_model = True
    route = fail(owl, error)
    assert route.key_id not in resting()
    assert cooldown.place_of(Subject.PAIR, route) in resting()


def resting() -> list[UUID]:
    return list(Trouble.objects.values_list("subject", flat=True))


def fail_plainly(model: LanguageModel, error: VendorError) -> Route:
    """Fail on one route, and in the plain call that confirms it."""
    route = fail(model, error)
    cooldown.mark_refused_plainly(route, error, uuid4())
    return route


@pytest.mark.parametrize(
    "error", [errors.BadRequest(), errors.ContextTooLong(), errors.Blocked(), errors.ReplyTooLong()]
)
def test_what_the_question_is_to_blame_for_ends_the_search(model: LanguageModel, error: VendorError) -> None:
    endpoint(model, "a", 2)
    looking = search(model)
    assert not looking.failed(taken(looking), error)
    assert not Trouble.objects.exists()


def test_what_this_site_is_to_blame_for_does_not_cool(model: LanguageModel) -> None:
    """A key that is locked, an address that is not allowed: at once right when the setting is."""
    for error in (KeyWithdrawn(), errors.AddressRefused()):
        LanguageModel.objects.all().delete()
        Endpoint.objects.all().delete()
        model = LanguageModel.objects.create(name="parrot")
        endpoint(model, "a")
        endpoint(model, "b")
        looking = search(model)
        first = taken(looking)
        assert looking.failed(first, error)
        assert taken(looking).endpoint != first.endpoint
        assert not Trouble.objects.exists()


# --- Fail-over within one message -----------------------------------------------------------------------------------


def test_the_next_key_is_tried_at_once_three_times_at_most(model: LanguageModel) -> None:
    endpoint(model, "a", 5)
    looking, tried = search(model), []
    for _ in range(3):
        tried.append(taken(looking))
        assert looking.failed(tried[-1], errors.KeyRefused("no"))
        looking.release()
    assert len({route.key_id for route in tried}) == 3
    with pytest.raises(errors.KeyRefused):
        looking.next()


def test_a_dead_host_is_not_asked_again_with_another_key(model: LanguageModel) -> None:
    dead = endpoint(model, "a", 5)
    endpoint(model, "b", priority=2)
    looking = search(model)
    route = taken(looking)
    assert route.endpoint == dead.pk
    looking.failed(route, errors.VendorDown())
    assert taken(looking).endpoint != dead.pk


def test_v07_the_same_host_is_asked_again_after_a_short_pause(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    looking = search(model)
    for pause in (0.5, 1.0):
        assert looking.failed(taken(looking), errors.VendorDown())
        looking.release()
        wait = waits(looking)
        assert wait.code == "retrying"
        assert wait.until is not None
        assert pause <= (wait.until - clock.now()).total_seconds() <= 1.1 * pause
        clock.turn(1.1 * pause)
    looking.failed(taken(looking), errors.VendorDown("third"))
    with pytest.raises(errors.VendorDown, match="third"):
        looking.next()


@pytest.mark.parametrize("keys", [1, 2, 3, 5])
def test_each_key_may_ask_for_a_wait_once(model: LanguageModel, clock: Clock, keys: int) -> None:
    endpoint(model, "a", keys)
    looking = search(model)
    limited = set()
    for _ in range(keys):
        route = taken(looking)
        limited.add(route.key_id)
        assert looking.failed(route, errors.RateLimited(retry_after=3))
        looking.release()
    assert len(limited) == keys
    wait = waits(looking)
    assert wait.code == "rate_limited"
    clock.turn(3.4)
    assert taken(looking).key_id in limited


def test_a_message_does_not_call_a_hundred_limited_keys(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a", 100)
    for first in (0, MAX_CALLS):  # those that the first message has called rest for the second one
        looking = search(model)
        for _ in range(MAX_CALLS):
            assert looking.failed(taken(looking), errors.RateLimited(retry_after=3))
            looking.release()
        with pytest.raises(errors.RateLimited):
            looking.next()
        assert Trouble.objects.count() == first + MAX_CALLS


@pytest.mark.parametrize("error", [errors.RateLimited(), errors.RateLimited(retry_after=12)])
def test_what_costs_nothing_is_tried_for_a_minute(model: LanguageModel, clock: Clock, error: VendorError) -> None:
    endpoint(model, "a")
    looking, calls = search(model), 0
    step: Route | Waiting | None = taken(looking)
    while step is not None and calls < MAX_CALLS:
        if isinstance(step, Route):
            calls += 1
            looking.failed(step, error)
            looking.release()
        else:
            assert step.until is not None
            clock.turn((step.until - clock.now()).total_seconds() + 0.001)
        with suppress(type(error)):
            step = looking.next()
            continue
        step = None
    assert 4 <= calls <= 7
    assert clock.now() - clock.begun <= PATIENCE


def test_a_dead_host_is_asked_a_few_times_and_each_of_many_once(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    looking = search(model)
    for _ in range(MAX_ATTEMPTS + 1):
        route = taken(looking)
        may_go_on = looking.failed(route, errors.Unreachable())
        looking.release()
        clock.turn(60)
        assert may_go_on
    with pytest.raises(errors.Unreachable):
        looking.next()
    for name in "bcdef":
        endpoint(model, name)
    looking, asked = search(model), set()
    for _ in range(6):
        route = taken(looking)
        asked.add(route.endpoint)
        looking.failed(route, errors.Unreachable())
        looking.release()
    assert len(asked) == 6


@pytest.mark.parametrize(("told", "waited"), [(2.0, 2.0), (0.0, 1.0), (None, 1.0), (60.0 / 1.1, 60 / 1.1)])
def test_v05_a_wish_to_wait_is_granted(model: LanguageModel, clock: Clock, told: float | None, waited: float) -> None:
    endpoint(model, "a")
    looking = search(model)
    looking.failed(taken(looking), errors.RateLimited(retry_after=told))
    looking.release()
    wait = waits(looking)
    assert wait.code == "rate_limited"
    assert wait.until is not None
    assert waited <= (wait.until - clock.now()).total_seconds() <= 2.2 * waited
    clock.turn(waited - 0.01)
    assert isinstance(looking.next(), Waiting), "not before its time"
    clock.turn(1.3 * waited)
    taken(looking)


def test_v05_an_absurd_wish_fails_now(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    looking = search(model)
    looking.failed(taken(looking), errors.RateLimited(retry_after=1e9))
    looking.release()
    with pytest.raises(errors.RateLimited):
        looking.next()
    with pytest.raises(errors.RateLimited):
        search(model).next()
    clock.turn(1000)
    taken(search(model))


def test_a_refused_key_tells_the_next_person_without_a_call(model: LanguageModel) -> None:
    """Our own words: the vendor's are only for the person who was refused."""
    endpoint(model, "a")
    fail(model, errors.KeyRefused("revoked"))
    with pytest.raises(errors.KeyRefused) as refused:
        search(model).next()
    assert "revoked" not in refused.value.text
