"""A plugin of pytest: the tests run on a site that lacks one condition of access.

    pytest -p tests.authorisation.without --without NAME tests/…

Conditions have the names that `conditions()` gives them.
"""

from contextlib import ExitStack

import pytest

from tests.authorisation.conditions import conditions


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--without", help="the name of a condition of access that the site shall lack")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remove the condition, now that everything is imported."""
    (condition,) = (one for one in conditions() if one.name == session.config.getoption("--without"))
    without = ExitStack()
    without.enter_context(condition.removed())
    session.config.add_cleanup(without.close)
