"""A10: guesses are counted together at all processes, at once, over a restart, and while Redis is away."""

import http.client
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from threading import Barrier
from urllib.parse import urlencode

import pytest

from conversations.accounts import rate_limits
from tests.canaries import PASSWORD
from tests.cluster.site import CSRF, PATIENCE, Process, Site

HEADERS = {"Cookie": f"csrftoken={CSRF}", "X-CSRFToken": CSRF, "Content-Type": "application/x-www-form-urlencoded"}
GUESSES = 5
"""At one person's password in five minutes."""
AT_ONCE = 16


@pytest.fixture(autouse=True)
def _redis_comes_back(site: Site) -> Iterator[None]:
    yield
    if site.redis.process is None:
        site.redis.start()


def visit(process: Process, method: str, path: str, body: str = "", **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=PATIENCE)
    connection.request(method, path, body=body, headers=HEADERS | headers)
    status = connection.getresponse().status
    connection.close()
    return status


def lets_in(process: Process, name: str, password: str) -> bool:
    return visit(process, "POST", "/accounts/login/", urlencode({"login": name, "password": password})) == 302


def guess_at_bob(processes: list[Process], guesses: int = GUESSES) -> None:
    for number, process in enumerate(islice(cycle(processes), guesses)):
        assert not lets_in(process, "bob", f"guess {number}")


def with_a_bad_token(process: Process) -> int:
    return visit(process, "GET", "/api/v1/me", Authorization="Bearer chatsite_guess")


def with_a_bad_link(process: Process) -> int:
    return visit(process, "GET", "/s/guess/")


def with_a_bad_invitation(process: Process) -> int:
    return visit(process, "GET", "/join/guess/")


def with_a_bad_password_link(process: Process) -> int:
    return visit(process, "GET", "/new-password/guess/")


GUESSED = (
    (with_a_bad_token, 401, rate_limits.MAX_BAD_TOKENS),
    (with_a_bad_link, 404, rate_limits.MAX_BAD_LINKS),
    (with_a_bad_invitation, 404, rate_limits.MAX_BAD_LINKS),
    (with_a_bad_password_link, 404, rate_limits.MAX_BAD_LINKS),
)

USUAL = ((GUESSED[1], "here"), (GUESSED[0], "away"))
"""Guesses that are tried without --soak."""


def storm(processes: list[Process], guess: Callable[[Process], int], guesses: int) -> Counter[int]:
    """Make at least `guesses` guesses, AT_ONCE at the same moment, and count their statuses."""
    start = Barrier(AT_ONCE)

    def guess_together(process: Process) -> int:
        start.wait(PATIENCE)
        return guess(process)

    rounded = -(-guesses // AT_ONCE) * AT_ONCE
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(guess_together, islice(cycle(processes), rounded)))


def within_a_minute(site: Site, counted: Callable[[], Counter[int]]) -> Counter[int]:
    """Repeat `counted` until it runs within one minute of the clock: then counting restarts."""
    while True:
        site.forget_guesses()
        minute = rate_limits._minute()
        answers = counted()
        if rate_limits._minute() == minute:
            return answers


def test_guesses_at_a_password_count_together_and_outlive_their_process(
    site: Site, here: Process, there: Process
) -> None:
    [going] = site.start()
    guess_at_bob([going, here], GUESSES - 1)
    assert lets_in(here, "alice", PASSWORD)
    going.kill()
    guess_at_bob([there], 1)
    assert [lets_in(process, "bob", PASSWORD) for process in (here, there)] == [False] * 2


def test_people_sign_in_and_guesses_count_while_redis_is_away(site: Site, here: Process, there: Process) -> None:
    site.redis.stop()
    guess_at_bob([here, there])
    assert not lets_in(here, "bob", PASSWORD)
    assert lets_in(there, "alice", PASSWORD)
    site.redis.start()
    assert not lets_in(there, "bob", PASSWORD), "nothing was forgotten with Redis"


def test_guesses_at_a_password_at_the_same_moment_are_counted_each(site: Site, here: Process, there: Process) -> None:
    def right(process: Process) -> int:
        return lets_in(process, "bob", "guess") or visit(process, "GET", "/livez")

    storm([here, there], right, AT_ONCE)
    assert not lets_in(here, "bob", PASSWORD)


@pytest.mark.parametrize(
    ("guess", "bad", "most", "redis"),
    [
        pytest.param(*guess, redis, marks=() if (guess, redis) in USUAL else pytest.mark.soak)
        for guess in GUESSED
        for redis in ("here", "away")
    ],
)
def test_guesses_at_links_and_tokens_at_the_same_moment_are_counted_each(
    site: Site, here: Process, there: Process, guess: Callable[[Process], int], bad: int, most: int, redis: str
) -> None:
    if redis == "away":
        site.redis.stop()
    answers = within_a_minute(site, lambda: storm([here, there], guess, most + AT_ONCE))
    assert answers == {bad: most, 429: answers.total() - most}


@pytest.mark.soak
def test_a_limit_outlives_the_process_that_counted(site: Site, here: Process) -> None:
    def around_a_restart() -> Counter[int]:
        [going] = site.start()
        first = storm([going], with_a_bad_token, AT_ONCE)
        going.kill()
        return first + storm([here], with_a_bad_token, 2 * AT_ONCE)

    answers = within_a_minute(site, around_a_restart)
    assert answers == {401: rate_limits.MAX_BAD_TOKENS, 429: answers.total() - rate_limits.MAX_BAD_TOKENS}
