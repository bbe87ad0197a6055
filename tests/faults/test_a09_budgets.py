"""A09: a budget raced by many at once, in the server that people start."""

import pytest

from tests.faults.real_site import RealSite
from tests.sockets import Socket
from tests.storm import Storm

PEOPLE = ("alice", "bob", *(f"guest{number}" for number in range(5)))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_fifty_at_once_do_not_pass_a_budget_for_ten(real_site: RealSite, request: pytest.FixtureRequest) -> None:
    real_site.start()

    def open_socket(number: int) -> Socket:
        socket = Socket(real_site.address, real_site.session(PEOPLE[number % len(PEOPLE)]))
        request.addfinalizer(socket.close)
        return socket

    Storm(real_site.environment, real_site.vendor).rage(open_socket)
