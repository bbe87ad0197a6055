"""The answer that shows code as a page: it may do nothing."""

import pytest
from django.test import Client

from conversations.models import User

pytestmark = pytest.mark.django_db


def test_it_gives_back_what_it_was_sent_under_a_policy_of_its_own(client: Client) -> None:
    client.force_login(User.objects.create_user("alice"))
    answer = client.post("/preview/", {"code": "<h1>你好</h1><script>1</script>"})
    assert answer.content.decode() == "<h1>你好</h1><script>1</script>"
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; ")
    assert "script" not in policy
    assert (answer["X-Frame-Options"], answer["Referrer-Policy"]) == ("SAMEORIGIN", "no-referrer")
    assert "no-store" in answer["Cache-Control"]
    answer = client.post("/preview/", {"code": "<p>1</p><LINK rel=preconnect href=//words.evil.test>"})
    assert answer.content.decode() == "<p>1</p>&lt;LINK rel=preconnect href=//words.evil.test>"
    assert answer["X-DNS-Prefetch-Control"] == "off"


def test_no_other_site_can_send_it_anything(static_files: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_user("alice"))
    assert client.post("/preview/", {"code": "<h1>Sign in</h1>"}).status_code == 403
