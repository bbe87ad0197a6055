"""The jobs of finding: by two Chinese characters to a team mate's reply in its branch, and back to the results."""

import re

import pytest
from playwright.sync_api import expect

from conversations.models import Conversation, Message
from conversations.search.rebuilding import mend
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.page_scripts import WIDE_ELEMENTS
from tests.conftest import Cast


def said(conversation: Conversation, parent: Message | None, text: str, revision: int) -> Message:
    role = "assistant" if parent else "user"
    fields = {"status": "complete", "text": text, "parts": [{"kind": "text", "text": text}], "revision": revision}
    fields |= {"model_name": "parrot"} if parent else {}
    author = conversation.owner
    return Message.objects.create(conversation=conversation, parent=parent, role=role, author=author, **fields)


@pytest.mark.parametrize(
    ("language", "width", "field"),
    [pytest.param("en", 1400, "Search conversations", marks=pytest.mark.soak), ("zh-hans", 390, "搜索对话")],
)
def test_a_team_mates_reply_is_found_in_its_branch_and_the_results_stay(
    cast: Cast, model: LanguageModel, visit: Visit, language: str, width: int, field: str
) -> None:
    birds = Conversation.objects.create(owner=cast.alice, team=cast.team, title="Birds", revision=3)
    question = said(birds, None, "Which bird?", 1)
    said(birds, question, "那是一只苍鹭，站在水边。", 2)
    said(birds, question, "A stork.", 3)
    private = Conversation.objects.create(owner=cast.alice, title="苍鹭", revision=1)
    said(private, None, "苍鹭", 1)
    sum(mend())
    cast.bob.language = language
    cast.bob.save()
    bob = visit(cast.bob, viewport={"width": width, "height": 800}).keep_marks()
    if width < 800:
        bob.page.locator(".chat__menu").click()
    bob.page.get_by_label(field).fill("苍鹭")
    bob.page.get_by_label(field).press("Enter")
    bob.page.wait_for_url("**/search/?q=*")
    hits = bob.page.locator(".hit")
    expect(hits).to_have_count(1)
    expect(hits.locator("mark")).to_have_text("苍鹭")
    assert bob.page.evaluate(WIDE_ELEMENTS) == []
    bob.page.get_by_role("link", name="Crew").click()
    bob.page.wait_for_url(re.compile("[?&]team="))
    results = bob.page.url
    hits.locator(".hit__link").click()
    expect(bob.page.locator("chat-message[data-named]")).to_contain_text("那是一只苍鹭")
    expect(bob.replies).to_have_count(1)
    bob.page.go_back()
    bob.page.wait_for_url(results)
    expect(hits.locator("mark")).to_have_text("苍鹭")
    hits.locator(".hit__link").click()
    bob.page.locator(".chat__more").click()
    bob.page.locator(".menu__item[data-act=find]").click()
    bob.page.wait_for_url(f"**/search/?conversation={birds.pk}")
    bob.page.locator(".search__words").fill("stork")
    bob.page.locator(".search__words").press("Enter")
    expect(hits.locator("mark")).to_have_text("stork")
    assert bob.page.evaluate(WIDE_ELEMENTS) == []
