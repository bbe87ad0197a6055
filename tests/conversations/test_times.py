"""Times that the server draws: in the reader's zone, and in a form that no country reads otherwise."""

from datetime import UTC, datetime

import pytest

from tests.conftest import Cast
from tests.conversations.test_teams import enter

pytestmark = pytest.mark.usefixtures("static_files")

LATE = datetime(2126, 11, 30, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "used", "until"),
    [
        ("", "30 Nov 2026, 23:30", "30 Nov 2126"),
        ("Asia/Shanghai", "1 Dec 2026, 07:30", "1 Dec 2126"),
        ("America/New_York", "30 Nov 2026, 18:30", "30 Nov 2126"),
        ("Europe", "30 Nov 2026, 23:30", "30 Nov 2126"),
        ("../../etc/passwd", "30 Nov 2026, 23:30", "30 Nov 2126"),
        ("x" * 900, "30 Nov 2026, 23:30", "30 Nov 2126"),
    ],
)
def test_they_stand_in_the_zone_that_the_browser_named(cast: Cast, zone: str, used: str, until: str) -> None:
    cast.alice.tokens.create(
        name="nightly", digest="0" * 64, hint="abcd", expires_at=LATE, last_used_at=LATE.replace(year=2026)
    )
    reader = enter(cast.alice)
    reader.cookies["zone"] = zone
    page = reader.get("/account/tokens/").content.decode()
    assert f"until {until} · last used {used}" in page


def test_the_administration_writes_them_in_the_readers_zone_too(cast: Cast) -> None:
    cast.alice.is_staff = cast.alice.is_superuser = True
    cast.alice.save()
    reader = enter(cast.alice)
    reader.cookies["zone"] = "Asia/Shanghai"
    page = reader.get("/admin/").content.decode()
    assert "Times are those of Asia/Shanghai; reports and budgets count days of UTC." in page


def test_the_pages_before_the_chat_name_the_zone(cast: Cast) -> None:
    page = enter(None).get("/accounts/login/").content.decode()
    assert '/zone.js"' in page
