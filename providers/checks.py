"""What can be wrong with a site: one list of checks, which `start`, /readyz, the overview and `doctor` ask."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any

from django.db import DatabaseError
from django.utils.translation import gettext as _


class By(Flag):
    """Those who ask."""

    READY = auto()
    """/readyz, every few seconds: whether this process can serve."""
    START = auto()
    OVERVIEW = auto()
    DOCTOR = auto()
    ALL = START | OVERVIEW | DOCTOR


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, what more is known of it, and the page where it can be mended."""

    text: Any
    detail: str = ""
    address: Any = ""
    is_grave: bool = True
    code: str = ""
    """For programs, where there is one."""


class Sick(Exception):
    """One thing that is wrong, and what to do about it."""

    def __init__(self, text: Any, code: str = "", detail: str = "") -> None:
        super().__init__(text)
        self.finding = Finding(text, detail, code=code)


@dataclass(frozen=True, slots=True)
class Check:
    """A name, a look, and who asks; `look` returns what is in order in words, or findings, or raises Sick."""

    name: Any
    look: Callable[[], str | Iterable[Finding]]
    asked_by: By = By.ALL
    permission: str = ""
    """Django's, that a person must have to be told by the overview."""

    def answer(self) -> tuple[str, list[Finding]]:
        """Look: what is in order, in words, and what is not."""
        try:
            found = self.look()
            return (found, []) if isinstance(found, str) else ("", list(found))
        except Sick as sick:
            return "", [sick.finding]
        except DatabaseError as problem:
            detail = " ".join(str(problem).split())
            return "", [Finding(_("The database does not say."), detail, code="database_failing")]


_registry: list[Check] = []


def register(*checks: Check) -> None:
    """Add these to the list, once each; their order is the one in which they are told."""
    _registry.extend(check for check in checks if check not in _registry)


def asked(by: By) -> Iterator[Check]:
    """List the checks that this asker asks."""
    return (check for check in _registry if by & check.asked_by)


def findings(by: By, may: Callable[[str], bool] = lambda permission: True) -> list[Finding]:
    """Ask all that this asker asks and `may` be told; the gravest first."""
    found = [one for check in asked(by) if not check.permission or may(check.permission) for one in check.answer()[1]]
    return sorted(found, key=lambda finding: not finding.is_grave)
