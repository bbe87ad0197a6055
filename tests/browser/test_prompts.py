"""Kept prompts on the chat page: found with /, filled in, and named by the question."""

from playwright.sync_api import expect

from conversations import actions
from conversations.models import Message
from conversations.protocol.prompts import Place, checked
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.conftest import Cast


def test_a_prompt_is_found_by_its_letters_filled_in_and_named_by_the_question(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    described = [{"name": "语言", "type": "choice", "choices": ["英文", "法文"], "default": "法文"}]
    emoji = "😀" * 40  # more than 60 characters as a browser counts
    described.append({"name": emoji, "default": "!"})
    words = checked("翻译成", f"翻译成{{{{语言}}}}：{{{{ 文字 }}}}{{{{{emoji}}}}}", described)
    kept = actions.create_prompt(cast.alice, Place("team", cast.team.pk), words)
    chat = visit(cast.bob)
    chat.text.press_sequentially("1 / 2 /fy")
    row = chat.page.get_by_role("option", name="翻译成")
    expect(row).to_contain_text("Crew")
    chat.text.press("Enter")
    form = chat.page.get_by_role("dialog", name="翻译成")
    expect(form.get_by_label("语言")).to_have_value("法文")
    form.get_by_label("文字").fill("{{语言}} $& 你好")
    chat.page.mouse.click(2, 2)
    expect(form).to_be_hidden()
    chat.text.fill("1 / 2 ")
    chat.text.press_sequentially("/fy")  # once more, after a click beside the form: what was filled in is there
    expect(row).to_be_visible()
    chat.text.press("Enter")
    expect(form.get_by_label("文字")).to_have_value("{{语言}} $& 你好")
    form.get_by_label("文字").press("Enter")
    expect(chat.text).to_have_value("1 / 2 翻译成法文：{{语言}} $& 你好!")
    expect(chat.text).to_be_focused()
    chat.text.press("Enter")
    expect(chat.page.locator(".message__prompt")).to_have_text("From a prompt:翻译成 1")
    assert Message.objects.get(role="user").prompt == {"id": str(kept.pk), "name": "翻译成", "version": 1}
