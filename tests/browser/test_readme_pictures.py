"""The README's pictures, taken of the page itself in both themes.

    python3 manage.py test --soak tests/browser/test_readme_pictures.py

writes them to static/images/.
"""

import threading
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from conversations.models import Conversation
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.conftest import Cast, serve
from tests.conversations.calling import say
from tests.conversations.sharing import answer, last
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_end, openai_event

IMAGES = Path(__file__).resolve().parents[2] / "static" / "images"
COLOURS = 64
QUESTION = "Three workers take jobs from one PostgreSQL table. How do we keep two of them from taking the same job?"
ANSWER = """\
Lock the row in the statement that picks it, and let the others **skip** what is locked:

```sql
SELECT id FROM jobs
WHERE done_at IS NULL
ORDER BY id
LIMIT 1
FOR UPDATE SKIP LOCKED;
```

| workers | jobs a second | waits |
| --- | ---: | ---: |
| 1 | 410 | 0 % |
| 3 | 1,190 | 2 % |

With $n$ workers the mean wait stays below $\\frac{1}{n}$ of a job.
"""
FOLLOW_UP = "And if a worker dies with a job in its hands?"
GROWING = ["Its transaction ends with it, and PostgreSQL ", "gives the row back at once. ", "Nobody has to look for"]
TITLES = ["Release notes for 2.4", "登录页闪烁", "Names for the new office", "周报"]

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_of_the_page(cast: Cast, vendor: FakeVendor, visit: Visit, scheme: str) -> None:
    for model in ("claude-sonnet-4-5", "deepseek-r1", "gemini-3-pro"):
        serve(vendor, "openai", model)
    rename(cast)
    path = f"/conversations/{talk(cast).pk}/"
    hold = threading.Event()
    vendor.play([*map(openai_event, GROWING), hold, openai_end()])
    window = {"viewport": {"width": 1280, "height": 800}, "color_scheme": scheme}
    ben = visit(cast.bob, path, **window)
    ann = visit(cast.alice, path, **window)
    ann.send(FOLLOW_UP)
    expect(ben.replies.last.locator(".message__text")).to_contain_text("Nobody has to")
    expect(ann.page.locator("code-tools button").first).to_be_attached()
    expect(ann.page.locator(".presence__faces > *").first).to_be_attached()
    keep(ann, f"chat-{scheme}")
    phone = visit(cast.alice, path, viewport={"width": 390, "height": 800}, color_scheme=scheme)
    expect(phone.replies.last).to_be_in_viewport()
    keep(phone, f"phone-{scheme}")
    hold.set()
    ann.ended(ann.replies.last)
    ann.open("/admin/")
    keep(ann, f"administration-{scheme}")


def rename(cast: Cast) -> None:
    for person, name in ((cast.alice, "Ann"), (cast.bob, "Ben"), (cast.rita, "王芳")):
        person.display_name = name
        person.save()
    cast.team.name = "Platform"
    cast.team.save()


def talk(cast: Cast) -> Conversation:
    """Make a conversation of the team, and others around it; return it."""
    for hours, title in enumerate(TITLES, 1):
        others = {"owner": cast.alice, "team": cast.team if hours % 2 else None, "title": title}
        Conversation.objects.create(**others, updated_at=timezone.now() - timedelta(hours=hours))
    conversation = Conversation.objects.create(
        owner=cast.alice, team=cast.team, title="One job, one worker", revision=1
    )
    say(conversation, QUESTION, author=cast.bob)
    answer(conversation, last(conversation), ANSWER, model_name="claude-sonnet-4-5")
    return conversation


def keep(person: ChatPage, name: str) -> None:
    """Write a picture of few colours: a page has no more, and a clone brings it."""
    person.page.wait_for_load_state("networkidle")
    picture = Image.open(BytesIO(person.page.screenshot())).convert("RGB")
    IMAGES.mkdir(exist_ok=True)
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)
    assert len(picture.getcolors(2**24) or []) > 10, "the picture shows nothing"
