"""Keys with a cooldown: they come back by one call at a time, and keep their limits of replies."""

from datetime import timedelta

import pytest

from providers import errors
from providers.client.route import Route
from providers.models import ApiKey, LanguageModel, Lease, Trouble
from providers.pool import cooldown, leases, route_search
from providers.pool.route_search import Waiting
from tests.clock import Clock
from tests.providers.searching import endpoint, fail, model, search, seconds_cooling, taken, waits

__all__ = ["model"]

pytestmark = pytest.mark.django_db(transaction=True)


# --- Coming back ---------------------------------------------------------------------------------------------------


def test_one_call_finds_out_whether_a_key_works_again(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    fail(model, errors.RateLimited())
    clock.turn(3)
    first, others = search(model), [search(model) for _ in range(5)]
    taken(first)
    assert [waits(other).until for other in others] == [None] * 5
    first.succeeded()
    first.release()
    assert not Trouble.objects.exists()
    for other in others:
        taken(other)


def test_a_probe_comes_before_what_works(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a", 5)
    broken = fail(model, errors.KeyRefused())
    assert broken.key_id not in {taken(search(model)).key_id for _ in range(20)}
    clock.turn(700)
    looking = search(model)
    assert taken(looking).key_id == broken.key_id
    assert broken.key_id not in {taken(search(model)).key_id for _ in range(20)}, "one at a time"
    looking.failed(broken, errors.KeyRefused())
    looking.release()
    assert 1200 <= seconds_cooling(broken.key_id, clock) <= 1320


def test_a_probe_that_was_stopped_leaves_the_chance_to_the_next(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    fail(model, errors.RateLimited())
    clock.turn(3)
    stopped = search(model)
    taken(stopped)
    stopped.release()
    taken(search(model))


def test_a_probe_whose_process_died_is_taken_over_after_its_time(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    fail(model, errors.RateLimited())
    clock.turn(3)
    taken(search(model))
    clock.turn(80)
    assert isinstance(search(model).next(), Waiting)
    clock.turn(15)
    taken(search(model))


def test_who_began_before_the_failure_neither_clears_nor_doubles_it(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    well, ill, worse = search(model), search(model), search(model)
    routes = {looking.holder: taken(looking) for looking in (well, ill, worse)}
    for looking in (ill, worse):
        looking.failed(routes[looking.holder], errors.KeyRefused())
        looking.release()
    well.succeeded()
    well.release()
    assert Trouble.objects.get().failures == 1


def test_what_was_changed_or_tested_is_forgotten(model: LanguageModel) -> None:
    endpoint(model, "a")
    route = fail(model, errors.KeyRefused())
    assert route.key_id
    cooldown.reset([route.key_id])
    taken(search(model))


def ill_for_minutes(model: LanguageModel, clock: Clock) -> Route:
    """Break replies again and again, until the endpoint's cooldown is longer than a message waits."""
    for _ in range(5):
        route = fail(model, errors.VendorTimeout())
        rest = seconds_cooling(route.endpoint, clock)
        clock.turn(rest)
    fail(model, errors.VendorTimeout())
    assert seconds_cooling(route.endpoint, clock) > 120
    return route


def test_the_only_endpoint_is_asked_although_it_should_rest(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    ill_for_minutes(model, clock)
    looking, other = search(model), search(model)
    route = taken(looking)
    assert waits(other).until is None, "one at a time"
    looking.failed(route, errors.VendorTimeout(because="my own"))
    looking.release()
    for one in (looking, other):
        with pytest.raises(errors.VendorTimeout, match="my own"):
            one.next()
    later = search(model)
    taken(later)
    later.succeeded()
    later.release()
    assert not Trouble.objects.exists()


def test_a_stopped_try_of_what_should_rest_leaves_the_chance_to_who_waits(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    ill_for_minutes(model, clock)
    stopped, other = search(model), search(model)
    taken(stopped)
    assert waits(other).until is None
    stopped.release()
    taken(other)


def test_who_waits_too_long_for_a_try_is_told_what_is_wrong(model: LanguageModel, clock: Clock) -> None:
    slow = endpoint(model, "a")
    slow.streaming = False
    slow.save()
    ill_for_minutes(model, clock)
    taken(search(model))
    other = search(model)
    waits(other)
    clock.turn(61)
    with pytest.raises(errors.VendorTimeout):
        other.next()


def test_those_who_waited_for_it_do_not_ask_one_after_another(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    for _ in range(3):
        route = fail(model, errors.VendorTimeout())
        clock.turn(seconds_cooling(route.endpoint, clock))
    fail(model, errors.VendorTimeout())  # from the third failure on it rests a minute, from the fourth two
    Trouble.objects.update(cooling_until=clock.now() + timedelta(seconds=40))
    first, *others = [search(model) for _ in range(5)]
    route = taken(first)
    for one in others:
        assert waits(one).until is None
    first.failed(route, errors.VendorTimeout(because="the first of us"))
    first.release()
    for one in (first, *others):
        with pytest.raises(errors.VendorTimeout, match="the first of us"):
            one.next()


@pytest.mark.parametrize("error", [errors.VendorTimeout(), errors.Stalled()])
def test_who_asks_after_one_slow_question_does_not_wait(
    model: LanguageModel, clock: Clock, error: errors.VendorError
) -> None:
    slow = endpoint(model, "a")
    fail(model, error)
    route = taken(search(model))
    assert route.endpoint == slow.pk
    other = endpoint(model, "b", priority=2)
    assert {taken(search(model)).endpoint for _ in range(5)} == {other.pk}


def test_who_has_no_budget_elsewhere_still_has_a_try(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    ill = ill_for_minutes(model, clock)
    endpoint(model, "b")
    looking = search(model)
    looking.skip_key(taken(looking))
    assert taken(looking).endpoint == ill.endpoint


def test_an_endpoint_rests_while_another_serves(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    ill = ill_for_minutes(model, clock)
    endpoint(model, "b")
    assert ill.endpoint not in {taken(search(model)).endpoint for _ in range(20)}


@pytest.mark.parametrize("error", [errors.QuotaExhausted(), errors.KeyRefused()])
def test_the_last_key_is_left_alone_for_seconds_and_then_asked_by_one_question(
    model: LanguageModel, clock: Clock, error: errors.VendorError
) -> None:
    rested = endpoint(model, "a")
    fail(model, error)
    clock.turn(9)
    with pytest.raises(type(error)):
        search(model).next()
    clock.turn(2)
    first, second = search(model), search(model)
    assert taken(first).endpoint == rested.pk
    assert waits(second).until is None
    first.succeeded()
    assert taken(second).endpoint == rested.pk


def test_a_refused_key_rests_while_another_serves_or_only_waits(model: LanguageModel, clock: Clock) -> None:
    refused = endpoint(model, "a")
    fail(model, errors.KeyRefused("no"))
    clock.turn(60)
    other = endpoint(model, "b")
    assert {taken(search(model)).endpoint for _ in range(10)} == {other.pk}
    fail(model, errors.RateLimited(retry_after=30))
    assert waits(search(model)).until is not None
    assert Trouble.objects.get(code="key_refused").subject == refused.keys.get().pk


# --- Caps ----------------------------------------------------------------------------------------------------------


def test_a_key_takes_no_more_replies_at_once_than_it_may(model: LanguageModel) -> None:
    endpoint(model, "a")
    ApiKey.objects.update(max_concurrent=2)
    running = [search(model), search(model)]
    for looking in running:
        taken(looking)
    third = search(model)
    assert waits(third) == Waiting("queued", None, frozenset([ApiKey.objects.get().pk]))
    running[0].release()
    taken(third)


def test_a_key_takes_no_more_requests_a_minute_than_it_may(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    ApiKey.objects.update(max_per_minute=3)
    for _ in range(3):
        looking = search(model)
        taken(looking)
        looking.release()
        clock.turn(10)
    late = search(model)
    assert waits(late).until == clock.begun + timedelta(seconds=60)
    clock.turn(29.9)
    assert isinstance(late.next(), Waiting)
    clock.turn(0.2)
    taken(late)
    assert isinstance(search(model).next(), Waiting), "the second call is less than a minute old"


def test_full_keys_hand_over_to_those_with_room(model: LanguageModel) -> None:
    endpoint(model, "a", 2)
    ApiKey.objects.update(max_concurrent=1)
    assert len({taken(search(model)).key_id for _ in range(2)}) == 2


def test_who_died_with_a_lease_is_no_longer_counted_once_swept(model: LanguageModel) -> None:
    endpoint(model, "a")
    ApiKey.objects.update(max_concurrent=1)
    dead = search(model)
    taken(dead)
    leases.release(dead.holder)
    taken(search(model))
    assert Lease.objects.filter(ended_at=None).count() == 1


def test_who_comes_later_does_not_push_in(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    fail(model, errors.RateLimited())
    clock.turn(3)
    assert isinstance(search(model).next(lambda line: False), Waiting)
    assert isinstance(search(model).next(lambda line: True), Route)


def test_nobody_waits_for_ever(model: LanguageModel, clock: Clock) -> None:
    endpoint(model, "a")
    ApiKey.objects.update(max_concurrent=1)
    taken(search(model))
    looking = search(model)
    waits(looking)
    clock.turn(route_search.QUEUE_PATIENCE.total_seconds() + 1)
    with pytest.raises(errors.RateLimited, match="busy"):
        looking.next()
