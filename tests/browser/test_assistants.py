"""Assistants on the chat page: picked above the models, shown with their starters, kept, and taken off by a model."""

from playwright.sync_api import expect

from conversations.actions.assistants.writing import create_assistant
from conversations.models import Conversation, Message
from conversations.protocol.prompts import Place
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.conftest import Cast, serve
from tests.fake_vendor import FakeVendor


def test_an_assistant_is_picked_like_a_model_and_a_model_takes_it_off(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    second = serve(vendor, "openai", "second")
    told = {"name": "Mason", "symbol": "🧱", "instructions": "Be a mason.", "models": [second.pk]}
    mason = create_assistant(cast.alice, Place("team", cast.team.pk), **told, starters=["Which stone?"])
    chat = visit(cast.bob)
    expect(chat.page.locator(".assistants")).to_be_attached()
    chat.model_button.click()
    expect(chat.picker.get_by_role("group")).to_have_count(2)
    chat.picker.get_by_role("option", name="🧱 Mason").click()
    expect(chat.model_button).to_contain_text("🧱 Mason")
    chat.page.reload()
    expect(chat.model_button).to_contain_text("🧱 Mason")
    chat.page.get_by_role("button", name="Which stone?").click()
    chat.text.press("Enter")
    chat.ended(chat.replies.first)
    reply = Message.objects.get(role="assistant")
    assert (reply.model, reply.assistant) == (second, mason.note())
    chat.page.reload()
    expect(chat.page.locator(".transcript__began")).to_have_text("Began with 🧱 Mason")
    expect(chat.model_button).to_contain_text("🧱 Mason")
    chat.ask("And now?")
    assert Message.objects.filter(assistant__id=str(mason.pk)).count() == 2
    chat.choose_model("parrot")
    chat.ask("Without?")
    assert Message.objects.filter(role="assistant").latest("pk").model == model
    assert Conversation.objects.get().assistant is None
    chat.watch.expect(r"Failed to load resource: net::ERR_FAILED", r"net::ERR_FAILED .*/assistants/choice/")
    chat.page.route("**/assistants/choice/*", lambda route: route.abort())
    chat.page.goto(f"{chat.site}/?assistant={mason.pk}")
    chat.ask("Before the list of assistants is here?")
    assert Message.objects.filter(role="assistant").latest("pk").assistant == mason.note()
