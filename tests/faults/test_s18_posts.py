"""S18: the server is killed in the middle of a post to a webhook, whose answer nobody hears."""

import json
from pathlib import Path

import pytest

from tests.conversations.test_engine import until
from tests.fake_vendor import FakeVendor
from tests.faults.real_site import RealSite
from tests.faults.test_k07_files import said
from tests.vendor_replies import Act, hold

WEBHOOK = """
from conversations import actions
from conversations.models import User
given = {"form": "webhook", "name": "", "address": "%s", "signing": "", "kinds": ["mention"], "with_text": False}
actions.add_target(User.objects.get(username="bob"), **given)
print("added", 1)
"""
CLAIM_IS_OVER = """
from conversations.models import Target
print("over", Target.objects.update(claimed_until=None))
"""
WHAT_IS_LEFT = """
import json
from conversations.models import Delivery
print("left", json.dumps(list(Delivery.objects.values_list("status", "outcome", "attempts", "is_repeated"))))
"""


@pytest.mark.soak
def test_s18_what_may_have_arrived_comes_once_more_and_says_so(tmp_path: Path) -> None:
    """The 90 seconds for which the dead process kept the webhook are not waited for."""
    with FakeVendor() as vendor, FakeVendor() as robot:
        robot.play([Act.BARE, hold])  # it has the post, and answers nothing
        hosts = {"CHATSITE_PRIVATE_HOSTS": f"{vendor.host},{robot.host}"}
        site = RealSite(tmp_path, vendor, environment=hosts)
        try:
            said(site, WEBHOOK % f"http://{robot.host}/hook", "added")
            site.start()
            site.page("alice").say("@bob look at this", models=[], team=site.team)
            until(lambda: len(robot.requests) == 1)
            site.kill()
            robot.script = lambda _request: [200, b""]
            assert said(site, CLAIM_IS_OVER, "over") == "1"
            site.start()
            until(lambda: len(robot.requests) == 2)
            until(lambda: json.loads(said(site, WHAT_IS_LEFT, "left")) == [["sent", "200", 2, True]])
            first, second = robot.requests
            assert first.headers["webhook-id"] == second.headers["webhook-id"]
            assert (first.json["repeated"], second.json["repeated"]) == (False, True)
            assert second.json["sentence"].endswith("(perhaps told before)")
            assert len(robot.requests) == 2
            assert "Traceback" not in site.complaints()
        finally:
            site.close()
