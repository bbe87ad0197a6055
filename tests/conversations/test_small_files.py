"""Files beside a page that browsers, phones and previews ask for: icons, the manifest, a title without content."""

import json
import re
from io import BytesIO

import pytest
from PIL import Image

from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.sharing import bytes_of, share, shown, talk
from tests.conversations.test_teams import enter

pytestmark = pytest.mark.usefixtures("static_files")


def test_there_is_an_icon_for_every_browser_and_a_manifest(cast: Cast) -> None:
    stranger = enter(None)
    page = stranger.get("/accounts/login/").content.decode()
    assert re.search(r'<link rel="apple-touch-icon" href="/static/icons/touch\.[^"]*png">', page)
    assert '<link rel="manifest" href="/site.webmanifest">' in page
    told = stranger.get("/site.webmanifest")
    assert told.headers["Content-Type"] == "application/manifest+json"
    icons = json.loads(told.content)["icons"]
    assert [(icon["sizes"], icon.get("purpose")) for icon in icons] == [
        ("any", None),
        ("192x192", None),
        ("512x512", None),
        ("512x512", "maskable"),
    ]
    for icon in icons[1:]:
        drawn = Image.open(BytesIO(bytes_of(stranger.get(icon["src"]))))
        assert "x".join(map(str, drawn.size)) == icon["sizes"]
    icon = stranger.get("/favicon.ico")
    assert icon.status_code == 302
    assert icon.headers["Location"].startswith("/static/icons/favicon.")


def test_a_share_link_has_a_title_for_previews_that_tells_nothing(cast: Cast) -> None:
    _, path = share(cast.alice, talk(cast.alice))
    page = shown(path)
    assert '<meta property="og:title" content="A shared conversation">' in page
    assert "A plan" not in page.split("</head>")[0].split("og:title")[1]
    assert "webmanifest" not in page


def test_the_description_of_the_api_is_linked(cast: Cast) -> None:
    assert 'href="/api/v1/openapi.json"' in enter(cast.alice).get("/account/tokens/").content.decode()


@pytest.mark.parametrize(
    ("shared", "shown"),
    [
        ({"text": " <b>Look</b> "}, "&lt;b&gt;Look&lt;/b&gt;"),
        (
            {"title": "A page", "text": "https://example.org", "url": "https://example.org"},
            "A page\nhttps://example.org",
        ),
        ({}, ""),
    ],
)
def test_what_another_application_shares_stands_in_the_box(
    cast: Cast, model: LanguageModel, shared: dict[str, str], shown: str
) -> None:
    client = enter(cast.alice)
    target = json.loads(client.get("/site.webmanifest").content)["share_target"]
    assert (target["method"], set(target["params"].values())) == ("GET", {"title", "text", "url"})
    page = client.get(target["action"], shared).content.decode()
    assert re.findall(r"<textarea class=\"composer__text\"[^>]*>([^<]*)</textarea>", page) == [shown]
