"""Checks of a site: one list, which `start`, /readyz, the overview page and `doctor` run."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any

from django.db import DatabaseError
from django.utils.translation import gettext as _


class By(Flag):
    """The callers of checks."""

    READY = auto()
    """/readyz, every few seconds: it reports whether this process can serve."""
    START = auto()
    OVERVIEW = auto()
    DOCTOR = auto()
    ALL = START | OVERVIEW | DOCTOR


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault, its details, and the page on which it can be fixed."""

    text: Any
    detail: str = ""
    address: Any = ""
    is_grave: bool = True
    code: str = ""
    """A code for programs, if there is one."""


class Sick(Exception):
    """A fault that a check raises, with advice."""

    def __init__(self, text: Any, code: str = "", detail: str = "") -> None:
        super().__init__(text)
        self.finding = Finding(text, detail, code=code)


@dataclass(frozen=True, slots=True)
class Check:
    """A check: its name, its function and its callers.

    `look` returns a text about what is in order, or findings; or it raises Sick.
    """

    name: Any
    look: Callable[[], str | Iterable[Finding]]
    asked_by: By = By.ALL
    permission: str = ""
    """Django's permission that a person needs to see the findings on the overview page."""

    def answer(self) -> tuple[str, list[Finding]]:
        """Run `look` and return its text and its findings; one of the two is empty.

        A database error becomes a finding.
        """
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
    """Add these checks to the list, once each. Their order is the order of the output."""
    _registry.extend(check for check in checks if check not in _registry)


def asked(by: By) -> Iterator[Check]:
    """Return the checks that this caller runs."""
    return (check for check in _registry if by & check.asked_by)


def findings(by: By, may: Callable[[str], bool] = lambda permission: True) -> list[Finding]:
    """Run all checks of this caller whose permission `may` grants, and return the findings; grave ones first."""
    found = [one for check in asked(by) if not check.permission or may(check.permission) for one in check.answer()[1]]
    return sorted(found, key=lambda finding: not finding.is_grave)
