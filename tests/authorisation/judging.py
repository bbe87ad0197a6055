"""The check of policies: every role asks, and each answer is compared with the table."""

from collections.abc import Iterator
from itertools import count
from typing import Any

from tests.authorisation import table
from tests.authorisation.asking import Answer, ask, fingerprint, masked
from tests.authorisation.line import Line, Said
from tests.authorisation.roles import R, Role, acts_as, asking, some_asking
from tests.authorisation.table import Policy
from tests.authorisation.world import Ids, World, absent

SIGN_IN = ("/accounts/login/?next=", "/admin/login/?next=")
STRICT = {
    "X-Content-Type-Options": {"nosniff"},
    "Referrer-Policy": {"same-origin", "no-referrer"},
    "Cross-Origin-Opener-Policy": {"same-origin"},
    "Cross-Origin-Resource-Policy": {"same-origin"},
}
"""The headers of every answer, with the values that they may have (R13 in tests/faults/README.md)."""


def wrong(world: World, policies: list[Policy], *, every: bool = True) -> Iterator[str]:
    """Yield one line for each cell whose answer differs from the table.

    Without `every`, some roles ask (`some_asking`), and few of them for what is not there (`Nothing`).
    """
    unchanged, turn, known = fingerprint(), count(), set[tuple[Any, ...]]()
    for policy in policies:
        nothing = Nothing(world, policy, None if every else known)
        for target, allowed in policy.allowed.items():
            ids = world.targets[target]
            for role in asking(policy.tokens_count) if every else some_asking(policy.tokens_count, next(turn), allowed):
                whose = acts_as(role, policy.tokens_count)
                answer = ask(world, world.clients[role], policy, ids, "" if whose in allowed else unchanged)
                shown = policy.publishes if whose in allowed else ""
                problem = (
                    leak(world, whose, answer.body, shown)
                    or unprotected(answer)
                    or (
                        _is_no_success(world, policy, whose, answer)
                        if whose in allowed
                        else _is_no_refusal(policy, whose, answer) or _differs(nothing, policy, role, ids, answer)
                    )
                )
                if problem:
                    yield f"{policy.method} {policy.route} ({target}) by {role}: {problem}"


def _is_no_success(world: World, policy: Policy, whose: Role, answer: Answer) -> str:
    if answer.status not in policy.ok or answer.location.startswith(SIGN_IN):
        return f"{answer.status} {answer.location} {answer.body[:200]}"
    for name, who in policy.shows.items():
        if (whose in who) != (world.markers[name][0] in answer.body):
            return f"{'does not show' if whose in who else 'shows'} {name}"
    return ""


def _is_no_refusal(policy: Policy, whose: Role, answer: Answer) -> str:
    if answer.has_written:
        return f"refused with {answer.status}, and has written"
    if _is_refusal(policy, whose, answer):
        return ""
    return f"was not refused: {answer.status} {answer.location} {answer.body[:200]}"


def _is_refusal(policy: Policy, whose: Role, answer: Answer) -> bool:
    """Return whether the answer refuses: without a session, by the sign-in page or by 401."""
    to_sign_in = answer.status == 302 and answer.location.startswith(SIGN_IN)
    if policy.refusal == "not there" and (whose != R.ANONYMOUS or policy.route in table.WITHOUT_SIGNING_IN):
        return answer.status == 404
    if policy.refusal == "admin" and whose in table.STAFF:
        return answer.status in (403, 404)
    return answer.status == 401 if policy.tokens_count else to_sign_in


class Nothing:
    """The answers to a policy's requests for what is not there, each asked for once: they tell nothing of a target.

    With `known`, the answers that roles got to such requests of other policies, one role with an identity and one
    without ask, and others only where their answer is not among those.
    """

    def __init__(self, world: World, policy: Policy, known: set[tuple[Any, ...]] | None) -> None:
        self._world, self._policy, self._known = world, policy, known
        self._seen: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self._asked: set[tuple[Any, ...]] = set()

    def is_alike(self, role: Role, ids: Ids, answer: Answer) -> bool:
        """Return whether this answer is the one to a request for what is not there."""
        missing = absent(ids, self._policy.hides)
        same = form(ids, missing)
        kind = (acts_as(role, self._policy.tokens_count) == R.ANONYMOUS, same)
        if self._known and kind in self._asked and (role, answer.seen) in self._known:
            return True
        self._asked.add(kind)
        return self.seen_by(role, missing, same) == answer.seen

    def seen_by(self, role: Role, missing: Ids, same: tuple[Any, ...]) -> tuple[Any, ...]:
        if (role, same) not in self._seen:
            self._seen[role, same] = ask(self._world, self._world.clients[role], self._policy, missing).seen
            if self._known is not None:
                self._known.add((role, self._seen[role, same]))
        return self._seen[role, same]


def form(ids: Ids, missing: Ids) -> tuple[Any, ...]:
    """Return what tells requests for what is not there apart: the ids that are, and the types of those that are not."""
    return tuple((name, value if value == ids[name] else type(value)) for name, value in missing.items())


def _differs(nothing: Nothing, policy: Policy, role: Role, ids: Ids, answer: Answer) -> str:
    """Return a sentence if the answer shows that a hidden row exists."""
    if not ids or policy.meanwhile:  # a person who followed a valid link knows that it existed
        return ""
    return "" if nothing.is_alike(role, ids, answer) else f"tells that it is there: {answer.seen!r}"


def leak(world: World, whose: Role, body: str, besides: str = "") -> str:
    """Return a sentence if the body holds words of a conversation or project that this role may not read."""
    for name, readers in {**table.READ, **table.PROJECTS}.items():
        if whose not in readers and name != besides:
            found = [word for word in world.markers[name] if word in body]
            if found:
                return f"tells {found}"
    return ""


def unprotected(answer: Answer) -> str:
    """Return a sentence if a browser may do with this answer what no page of the site needs."""
    headers = dict(answer.headers)
    rules = [rule.strip() for rule in headers.get("Content-Security-Policy", "").split(";")]
    lacking = [name for name, values in STRICT.items() if headers.get(name) not in values]
    lacking += [rule for rule in ("default-src 'none'", "base-uri 'none'") if rule not in rules]
    if not any(rule in ("frame-ancestors 'none'", "frame-ancestors 'self'") for rule in rules):
        lacking.append("frame-ancestors")
    if "camera=()" not in headers.get("Permissions-Policy", ""):
        lacking.append("Permissions-Policy")
    allows = [rule for rule in rules if "script" in rule and ("unsafe" in rule or "*" in rule or "http:" in rule)]
    return f"lacks {lacking}, allows {allows}" if lacking or allows or "Server" in headers else ""


# --- Commands ------------------------------------------------------------------------------------------------------


def wrong_commands(world: World, line: Line, policies: list[Policy], *, every: bool = True) -> Iterator[str]:
    """Yield one line for each cell whose answer differs; without `every`, some roles ask."""
    unchanged, turn = fingerprint(), count()
    for policy in policies:
        unheard = Unheard(line, policy)
        for target, allowed in policy.allowed.items():
            ids = world.targets[target]
            for role in Role if every else some_asking(True, next(turn), allowed):
                whose = acts_as(role, tokens_count=True)
                said = line.ask(role, policy, ids, "" if whose in allowed else unchanged)
                problem = leak(world, whose, said.text) or (
                    ("" if said.is_success else f"was refused: {said.text}")
                    if whose in allowed
                    else unheard.is_said_too_much(role, ids, said)
                )
                if problem:
                    yield f"{policy.route} ({target}) by {role}: {problem}"


class Unheard:
    """The answers to a policy's commands for what is not there, each asked for once."""

    def __init__(self, line: Line, policy: Policy) -> None:
        self._line, self._policy = line, policy
        self._said: dict[tuple[Any, ...], str] = {}

    def is_said_too_much(self, role: Role, ids: Ids, said: Said) -> str:
        if said.is_success or said.has_written:
            return f"was not refused: {said.text}"
        missing = absent(ids, self._policy.hides)
        asked = (role, form(ids, missing))
        if asked not in self._said:
            self._said[asked] = masked(self._line.ask(role, self._policy, missing).text)
        return "" if self._said[asked] == masked(said.text) else f"tells that it is there: {said.text}"
