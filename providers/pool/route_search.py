"""The choice of the next deployment and key for one message, in a few attempts and a minute of waits.

    search = RouteSearch(model, keys, reply)
    route = search.next()

A Route may be called: report `heard` after the first word, or `failed`, which returns whether to go on. A Wait means
that nothing may be called now. A VendorError means that no route is left.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from providers import clock
from providers.client.route import Route, route_of
from providers.errors import NoBudget, NothingServes, VendorError
from providers.models import ApiKey, Trouble
from providers.pool import blame, cooldown, leases
from providers.pool.blame import Counts, Rests
from providers.pool.candidates import Blocked, Way, soonest_of, ways_to

MAX_ATTEMPTS = 3
"""Attempts of one message that may have cost something."""
MAX_CALLS = 20
"""Calls of one message in all, with those that cost nothing.

A rate limit costs nothing, so only time ends such attempts. But vendors count refused calls against the limit too. So a
message may ask ten limited keys twice, but not a hundred. Those it has asked rest for the next one as well. The first
refused connection of each endpoint costs nothing either.
"""
PATIENCE = timedelta(seconds=60)
"""Longest wait of one message for cooldowns to end, in total."""
QUEUE_PATIENCE = timedelta(minutes=10)
"""Longest wait of one message for its turn with keys that work."""
_PROBE_MARGIN = timedelta(seconds=30)

QueueKey = frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A wait before the next call: its reason (a public code), its end, if known, and the queue."""

    code: str
    until: datetime | None = None
    line: QueueKey = frozenset()


@dataclass(slots=True)
class RouteSearch:
    """The attempts of one message.

    `keys` returns the keys that the message may use; it is called again at each step. `holder` is the message's id,
    under which probes and leases are taken. `reads_quotes` returns whether who asks may read what a vendor said of an
    account to another question. `attempts` may have cost something; `calls` are all. `pauses` hold the ends of pauses
    that this message alone makes. `cooled` is its time in waits for cooldowns, without the one since `cools_since`.
    """

    model: UUID | None
    keys: Callable[[], list[ApiKey]]
    holder: UUID
    reads_quotes: Callable[[], bool] = bool
    attempts: int = 0
    calls: int = 0
    excluded: set[UUID] = field(default_factory=set)
    unreached: set[UUID] = field(default_factory=set)
    pauses: dict[UUID, datetime] = field(default_factory=dict)
    error: VendorError | None = None
    probes: bool = False
    leases: bool = False
    waits_since: datetime | None = None
    cools_since: datetime | None = None
    cooled: timedelta = timedelta()
    failures: int | None = None

    def next(self, is_my_turn: Callable[[QueueKey], bool] = lambda line: True) -> Route | Waiting:
        """Return the route to call now, or the wait before it.

        If others wait for the same keys, `is_my_turn` returns whether this message is first. Raises the last attempt's
        error after too many, or when no route can be tried in time.
        """
        if self.error is not None and (self.attempts >= MAX_ATTEMPTS or self.calls >= MAX_CALLS):
            raise self.error
        if self.probes or self.leases:
            self.release()  # unused ones, taken before another write failed
        ways = ways_to(self.model, self.keys()) if self.model else []
        line = frozenset(way.account for way in ways)
        found = self._first(ways, lambda: is_my_turn(line))
        if isinstance(found, Route):
            return found
        blocked, wait = found, self._wait(found, line)
        has_been_tried = self.calls > 0 or self._failed_meanwhile(blocked)
        is_avoided = any(one.trouble and one.trouble.code in blame.AVOIDED_CODES for one in blocked)
        is_last = all(one.trouble and one.trouble.code in blame.LAST_RESORT_CODES for one in blocked)
        if (wait is None or is_avoided or is_last) and not has_been_tried:
            # All failures are older than this message: probe early, or wait for the reply that is probing.
            early = blame.ENDPOINT_CODES | (blame.LAST_RESORT_CODES if wait is None or is_last else frozenset())
            found = self._first(ways, lambda: is_my_turn(line), early)
            if isinstance(found, Route):
                return found
            wait = self._wait(found, line)
        if wait is None:
            raise self.error or soonest_of(blocked).as_error(self.reads_quotes)
        return wait

    def succeeded(self) -> None:
        """Mark the probed subjects as recovered, after the first word has come."""
        if self.probes:
            cooldown.mark_recovered(self.holder)
            self.probes = False

    def failed(self, route: Route, error: VendorError) -> bool:
        """Record a failure before the first word. Returns whether `next` may be asked for another route."""
        self.error = error
        rule = blame.rule_of(error)
        place = cooldown.place_of_error(error, route)
        self.attempts += rule.counts is Counts.ALWAYS or (rule.counts is Counts.AGAIN and place in self.unreached)
        if place is None:
            return False
        if rule.counts is Counts.AGAIN:
            self.unreached.add(place)
        if rule.rests is Rests.AT_ONCE:
            cooldown.mark_failed(place, error, self.holder)
        if not rule.may_pass:
            self.excluded.add(place)
        elif rule.rests is not Rests.AT_ONCE:
            self.pauses[place] = clock.now() + timedelta(seconds=cooldown.short_pause(self.calls))
        return True

    def skip_key(self, route: Route) -> None:
        """Skip the route's key, which has no budget left. This does not count as an attempt."""
        self.release()
        self.calls -= 1
        self.excluded |= {route.key_id} if route.key_id else set()
        self.error = self.error or NoBudget()

    def release(self) -> None:
        """Release the probes and leases of an attempt that has ended."""
        if self.probes:
            cooldown.release_probe(self.holder)
        if self.leases:
            leases.release(self.holder)
        self.probes = self.leases = False

    def _first(
        self, ways: list[Way], is_my_turn: Callable[[], bool], early: Collection[str] = ()
    ) -> Route | list[Blocked]:
        """Return the first route that is open, or the obstacles of all routes.

        What rests for a code in `early` is asked before its cooldown is over. A key is asked so only some seconds
        after its last failure.
        """
        blocked: list[Blocked] = []
        for way in self._in_order(ways):
            self.probes, self.leases = bool(way.troubles), way.is_capped
            reason = self._taken(way, is_my_turn, early)
            if reason is None:
                self.calls += 1
                self._end_cooling()
                return route_of(way.deployment, way.key)
            self.probes = self.leases = False
            blocked.append(reason)
        return blocked

    def _in_order(self, ways: list[Way]) -> Iterator[Way]:
        """Yield the ways by priority, fallbacks last; of equal ones, first those to be probed, so that they recover.

        The rest is ordered by the key's priority, then by weighted chance. Raises the last error, or NothingServes, if
        no way is left.
        """
        open_ways = [way for way in ways if not self.excluded & set(way.subjects)]
        if not open_ways:
            raise self.error or NothingServes
        yield from sorted(open_ways, key=_rank)

    def _taken(self, way: Way, is_my_turn: Callable[[], bool], early: Collection[str]) -> Blocked | None:
        """Take this way and return None, or return its obstacle."""
        now = clock.now()
        if pauses := [until for place in way.subjects if (until := self.pauses.get(place, now)) > now]:
            return Blocked("retrying", max(pauses))
        ignored = [trouble for trouble in way.troubles if trouble.code in early and _may_be_asked(trouble)]
        cold = [trouble for trouble in way.troubles if trouble.cooling_until > now and trouble not in ignored]
        if cold:
            worst = max(cold, key=lambda trouble: trouble.cooling_until)
            return Blocked(worst.code, worst.cooling_until, worst, way.key is not None and way.key.owner_id is not None)
        if (way.troubles or way.is_capped) and not is_my_turn():
            return Blocked(way.troubles[0].code if way.troubles else "queued")
        until = now + timedelta(seconds=way.patience) + _PROBE_MARGIN
        for trouble in way.troubles:
            if not cooldown.try_probe(trouble.subject, self.holder, until, early=trouble in ignored):
                cooldown.release_probe(self.holder)
                return Blocked(trouble.code)
        if way.key and (full := leases.acquire(way.key, self.holder)):
            cooldown.release_probe(self.holder)
            return Blocked("queued", full.until)
        return None

    def _failed_meanwhile(self, blocked: list[Blocked]) -> bool:
        """Return whether another reply's probe has failed since this message's first look."""
        failures = sum(found.trouble.failures for found in blocked if found.trouble)
        if self.failures is None:
            self.failures = failures
        return failures > self.failures

    def _wait(self, blocked: list[Blocked], line: QueueKey) -> Waiting | None:
        """Return the shortest possible wait; None if it is longer than a message waits."""
        now = clock.now()
        soonest = soonest_of(blocked)
        is_queued = soonest.code == "queued"
        self.waits_since = self.waits_since or now
        if is_queued:
            self._end_cooling()
            is_too_long = (soonest.until or now) - self.waits_since > QUEUE_PATIENCE
        else:
            self.cools_since = self.cools_since or now
            is_too_long = self.cooled + (soonest.until or now) - self.cools_since > PATIENCE
        if is_too_long:
            return None
        code = soonest.code if is_queued or soonest.code == "rate_limited" else "retrying"
        return Waiting(code, soonest.until, line)

    def _end_cooling(self) -> None:
        """Add the wait for cooldowns that ends now to those before."""
        if self.cools_since:
            self.cooled += clock.now() - self.cools_since
            self.cools_since = None


def _may_be_asked(trouble: Trouble) -> bool:
    return trouble.code not in blame.LAST_RESORT_CODES or cooldown.may_be_last_resort(trouble.subject)


def _rank(way: Way) -> tuple[bool, int, int, int, float]:
    return way.is_fallback, way.priority, -len(way.troubles), way.key_priority, way.draw()
