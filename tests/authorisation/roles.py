"""Every role that may send a request, and the groups in the table of policies."""

from enum import StrEnum


class Role(StrEnum):
    ANONYMOUS = "anonymous"
    ALONE = "alone"  # signed in, in no team
    OTHER = "other"  # leads another team, and knows every id of this one
    READER = "reader"
    MEMBER = "member"
    OWNER = "owner"  # a member of the team; the private conversation and the shared one are theirs
    LEAD = "lead"
    GONE = "gone"  # was removed from the team, and left a conversation of theirs there
    DEACTIVATED = "deactivated"  # a lead whose account is switched off, with a session from before
    HALF = "half"  # a member who has given the password and not the second factor
    STAFF = "staff"  # without any permission
    SUPERUSER = "superuser"  # in no team
    PROGRAM = "program"  # the member's personal token
    FOREIGN_PROGRAM = "foreign program"  # the other's
    REVOKED_PROGRAM = "revoked program"
    EXPIRED_PROGRAM = "expired program"
    DEACTIVATED_PROGRAM = "deactivated program"


R = Role
PROGRAMS = {R.PROGRAM: R.MEMBER, R.FOREIGN_PROGRAM: R.OTHER}
"""The role as which a token acts, where tokens count."""
NOBODY: frozenset[Role] = frozenset()
EVERYBODY = frozenset(Role)
TEAM = frozenset({R.READER, R.MEMBER, R.OWNER, R.LEAD})
WRITERS = TEAM - {R.READER}
OWNER, LEAD, MEMBER = frozenset({R.OWNER}), frozenset({R.LEAD}), frozenset({R.MEMBER})
SUPERUSER = frozenset({R.SUPERUSER})
STAFF = frozenset({R.STAFF, R.SUPERUSER})
SIGNED_IN = TEAM | STAFF | {R.ALONE, R.OTHER, R.GONE}
STRANGERS = EVERYBODY - SIGNED_IN
"""Roles without an identity: on pages, tokens do not count."""


_OUTSIDERS = (R.GONE, R.STAFF, R.SUPERUSER, R.FOREIGN_PROGRAM)
"""Roles outside the team beside its knowing enemy, who always asks."""


def asking(tokens_count: bool) -> list[Role]:
    """Return the roles that ask. Pages ignore tokens, so one valid and one invalid token stand for all."""
    spared = () if tokens_count else (R.FOREIGN_PROGRAM, R.EXPIRED_PROGRAM, R.DEACTIVATED_PROGRAM)
    return [role for role in Role if role not in spared]


def some_asking(tokens_count: bool, turn: int, allowed: frozenset[Role]) -> list[Role]:
    """Return these roles without some whose rights another one has too; which ones they are changes with TURN.

    Who is alone asks only where that role, another team's lead or staff is allowed. One of those without an identity
    asks, and one of the member and the member's program. Of signed-in people two ask where all are allowed. Of the
    team's people the first ask that are allowed and the last that are refused, one more that is allowed and, every
    second time, one more that is refused. Of those outside the team who are refused, its enemy and one more ask.
    """
    roles = [role for role in asking(tokens_count) if role != R.ALONE or allowed & {R.ALONE, R.OTHER, R.STAFF}]
    nobodies = [role for role in roles if acts_as(role, tokens_count) == R.ANONYMOUS]
    refused = [role for role in roles if acts_as(role, tokens_count) not in allowed]
    spared = _all_but(1, turn, nobodies)
    spared |= _all_but(1, turn, [R.MEMBER, R.PROGRAM]) if tokens_count else set()
    spared |= _all_but(2, turn, [role for role in roles if role in SIGNED_IN]) if allowed >= SIGNED_IN else set()
    spared |= _all_but(1, turn, [role for role in roles if role in TEAM & allowed][1:])
    spared |= _all_but(1 - turn % 2, turn, [role for role in refused if role in TEAM][:-1])
    spared |= _all_but(1, turn, [role for role in refused if role in _OUTSIDERS])
    return [role for role in roles if role not in spared]


def _all_but(most: int, turn: int, alike: list[Role]) -> set[Role]:
    """Return these roles without MOST of them: others in each TURN."""
    chosen = {(turn + place * len(alike) // most) % len(alike) for place in range(most) if alike}
    return {role for place, role in enumerate(alike) if place not in chosen}


def acts_as(role: Role, tokens_count: bool) -> Role:
    """Return the role whose rights a request has: a token has its person's, or none where tokens do not count."""
    if role in SIGNED_IN:
        return role
    return PROGRAMS.get(role, R.ANONYMOUS) if tokens_count else R.ANONYMOUS
