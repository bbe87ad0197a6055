"""Assistants on the chat page: picked above the models, shown with their starters, kept, and taken off by a model."""

import re

from playwright.sync_api import Route, expect

from conversations.actions.assistants.writing import create_assistant
from conversations.live import events
from conversations.models import Conversation, Message
from conversations.protocol.prompts import Place
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.conftest import Cast, serve
from tests.fake_vendor import FakeVendor

PRESS_TWICE = """async (button) => {
  for (const _press of [1, 2]) {
    button.click();
    await new Promise((done) => setTimeout(done, 200));
  }
}"""


def test_an_assistant_is_picked_like_a_model_and_a_model_takes_it_off(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    second = serve(vendor, "openai", "second")
    told = {
        "name": "Mason",
        "symbol": "🧱",
        "instructions": "Be a mason.",
        "models": [second.pk],
        "parameters": {"temperature": 0.5},
    }
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
    expect(chat.page.locator(".transcript__began")).to_have_text("Began with 🧱 Mason")
    chat.tune_button.click()
    expect(chat.panel.get_by_text("The assistant 🧱 Mason sets this.")).to_have_count(1)
    expect(chat.panel.locator("input[name=temperature]")).to_be_disabled()
    expect(chat.panel.locator("input[name=top_p]")).to_be_enabled()
    reply = Message.objects.get(role="assistant")
    assert (reply.model, reply.assistant) == (second, mason.given())
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
    assert Message.objects.filter(role="assistant").latest("pk").assistant == mason.given()


def test_an_open_list_gets_the_assistants_and_the_page_follows_what_others_pick(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    told = {"name": "Mason", "symbol": "🧱", "instructions": "Be a mason.", "models": [model.pk]}
    mason = create_assistant(cast.alice, Place("team", cast.team.pk), **told)
    chat = visit(cast.bob)
    held: list[Route] = []
    chat.page.route(re.compile("/assistants/choice/"), lambda route: held.append(route))
    chat.page.goto(f"{chat.site}/?assistant={mason.pk}")
    chat.model_button.click()
    expect(chat.picker.get_by_role("option", name="parrot")).to_have_attribute("aria-selected", "true")
    held[-1].continue_()
    expect(chat.picker.get_by_role("option", name="🧱 Mason")).to_have_attribute("aria-selected", "true")
    expect(chat.picker.get_by_role("option", name="parrot")).to_have_attribute("aria-selected", "false")
    chat.page.unroute_all()
    chat.text.press("Escape")
    chat.ask("Who are you?")
    conversation = Conversation.objects.get()
    for picked, shown in ((None, "parrot"), (mason, "🧱 Mason"), (None, "parrot")):
        revision = conversation.advance(1, assistant=picked)
        events.conversation_updated(conversation, revision)
        expect(chat.model_button).to_contain_text(shown)
    chat.ask("And now?")
    assert Message.objects.filter(role="assistant").latest("pk").assistant is None
    LanguageModel.objects.filter(pk=model.pk).update(enabled=False)
    serve(vendor, "openai", "second")
    chat.page.goto(f"{chat.site}/?assistant={mason.pk}")
    expect(chat.page.locator(".assistants")).to_be_attached()
    chat.model_button.click()
    expect(chat.picker.get_by_role("option", name="🧱 Mason")).to_contain_text("You can't use any of its models")
    chat.picker.press("Escape")
    chat.send("Anyone?")
    expect(chat.notice).to_have_text("There is no model that may answer here.")
    assert chat.text.input_value() == "Anyone?", "no other model is asked in its name"


def test_what_is_saved_twice_in_haste_is_sent_once(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    """The answer leaves the page where it is: one that is held would hold up the end of a test that fails."""
    page, sent = visit(cast.alice, "/assistants/new/").page, list[str]()

    def answer(route: Route) -> None:
        sent.append(route.request.method)
        route.fulfill(status=204)

    page.get_by_label("Name of the assistant").fill("Mason")
    page.route("**/assistants/new/", answer)
    page.get_by_role("button", name="Save").evaluate(PRESS_TWICE)
    assert sent == ["POST"]
