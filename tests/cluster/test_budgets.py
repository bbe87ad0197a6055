"""Two processes that are asked at the same moment let no more pass than one."""

import pytest

from tests.cluster.site import Process, Site
from tests.storm import Storm


@pytest.mark.soak
def test_fifty_at_once_at_two_processes_do_not_pass_a_budget_for_ten(site: Site, here: Process, there: Process) -> None:
    storm = Storm(site.environment, site.vendor)
    storm.rage(lambda number: (here, there)[number % 2].socket(f"reader{number % 10}"))
