"""The parameters of a model: set at the composer, kept with the conversation, sent with every later request."""

import json
import re

import pytest
from playwright.sync_api import Locator, Route, expect

from conversations import actions
from conversations.models import Conversation, Team
from providers.models import Deployment, Endpoint, LanguageModel
from providers.wires.registry import WIRES
from tests import telex
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.page_scripts import FOCUSED, WIDE_ELEMENTS
from tests.conftest import Cast, serve
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import default_reply


def tuned(visitor: ChatPage) -> Locator:
    """Open the panel of parameters and return it."""
    visitor.tune_button.click()
    expect(visitor.panel).to_be_visible()
    return visitor.panel


def save(panel: Locator) -> None:
    """Leave the field that was written in, wait until the panel says that all is stored, and close it."""
    panel.get_by_role("heading").click()
    expect(panel.locator(".parameters__saved")).to_have_text(re.compile("Saved|已保存"))
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()


def test_what_others_set_meanwhile_is_not_overwritten_unknowingly(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    talk = Conversation.objects.create(owner=cast.alice, team=cast.team, title="Old town", revision=1)
    alice = visit(cast.alice, f"/conversations/{talk.pk}/")
    panel = tuned(alice)
    prompt, temperature = panel.get_by_label("System prompt"), panel.locator("[name=temperature]")
    expect(prompt).to_be_enabled()
    actions.change_conversation(cast.bob, talk.pk, system_prompt="Be kind.")
    temperature.fill("0.3")
    temperature.press("Tab")
    expect(prompt).to_have_value("Be kind.")
    talk.refresh_from_db()
    assert (talk.system_prompt, talk.parameters) == ("Be kind.", {"temperature": 0.3})
    actions.change_conversation(cast.bob, talk.pk, parameters={"temperature": 1.1})
    alice.watch.expect("409")
    temperature.fill("0.4")
    temperature.press("Tab")
    expect(panel.get_by_role("alert")).to_contain_text("Your next change here puts yours in its place.")
    talk.refresh_from_db()
    assert talk.parameters == {"temperature": 1.1}
    temperature.fill("0.5")
    save(panel)
    talk.refresh_from_db()
    assert talk.parameters == {"temperature": 0.5}


def test_the_first_reply_of_a_new_conversation_has_them(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    alice = visit(cast.alice)
    panel = tuned(alice)
    panel.get_by_label("System prompt").fill("Be brief.")
    panel.locator("[name=temperature]").fill("0.3")
    panel.get_by_text("More", exact=True).click()
    panel.get_by_label("Stop words").fill("END\nSTOP")
    save(panel)
    expect(alice.tune_button).to_have_attribute("data-set", "")
    assert Conversation.objects.count() == 0
    alice.open("/account/data/").open()
    expect(alice.tune_button, "they survive a visit elsewhere").to_have_attribute("data-set", "")
    alice.ask("Hello")
    asked = vendor.requests[0].json
    assert asked["messages"][0]["content"] == "Be brief."
    assert (asked["temperature"], asked["stop"]) == (0.3, ["END", "STOP"])
    conversation = Conversation.objects.get()
    assert conversation.parameters == {"temperature": 0.3, "stop": ["END", "STOP"]}
    assert alice.wait_until_begun() == f"/conversations/{conversation.id}/"
    expect(alice.rows).to_have_count(1)
    expect(alice.rows.first.locator(".row__title")).to_have_text("Hello")
    assert alice.page.evaluate("Object.keys(localStorage).filter((key) => localStorage[key] === 'Hello')") == []


@pytest.mark.soak
def test_a_teams_defaults_are_said_and_stay_beside_ones_own(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    Team.objects.filter(pk=cast.team.pk).update(system_prompt="Be brief.", parameters={"top_p": 0.5})
    alice = visit(cast.alice)
    alice.page.locator("#composer-team").select_option(label="Crew")
    panel = tuned(alice)
    expect(panel.get_by_label("System prompt")).to_have_value("Be brief.")
    expect(panel.locator(".parameters__team:not(:empty)")).to_have_text(["From team “Crew”"] * 2)
    panel.locator("[name=top_p]").fill("0.6")
    expect(panel.locator(".parameters__team:not(:empty)")).to_have_count(1)
    save(panel)
    alice.ask("Hello")
    conversation = Conversation.objects.get()
    assert (conversation.system_prompt, conversation.parameters) == ("Be brief.", {"top_p": 0.6})


def test_they_are_changed_kept_and_cleared(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit) -> None:
    conversation = Conversation.objects.create(
        owner=cast.alice,
        revision=1,
        title="Tuned",
        parameters={"temperature": 1, "thinking": {"budget": 500}, "seed": 7, "of_a_later_version": 1},
    )
    alice = visit(cast.alice, f"/conversations/{conversation.id}/")
    expect(alice.tune_button).to_have_attribute("data-set", "")
    panel = tuned(alice)
    expect(panel.locator("[name=temperature]")).to_have_value("1")
    expect(panel.get_by_label("Tokens to think with")).to_have_value("500")
    panel.locator("[name=thinking]").select_option(label="A little")
    expect(panel.get_by_label("Tokens to think with")).to_be_hidden()
    panel.locator("[name=temperature]").fill("")
    save(panel)
    conversation.refresh_from_db()
    assert conversation.parameters == {"thinking": {"level": "low"}, "seed": 7}
    alice.page.reload()
    panel = tuned(alice)
    expect(panel.locator("[name=thinking]")).to_have_value("low")
    panel.get_by_role("button", name="Clear all").click()
    save(panel)
    conversation.refresh_from_db()
    assert (conversation.parameters, conversation.system_prompt) == ({}, "")
    assert alice.tune_button.get_attribute("data-set") is None


@pytest.mark.soak
def test_saved_is_said_only_of_what_stands_in_the_fields(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    conversation = Conversation.objects.create(owner=cast.alice, revision=1, title="Tuned")
    alice = visit(cast.alice, f"/conversations/{conversation.id}/")
    panel = tuned(alice)
    held: list[Route] = []
    expect(panel.locator("[name=thinking]")).to_be_enabled()
    alice.page.route("**/api/v1/conversations/*", lambda route: held.append(route))
    panel.locator("[name=thinking]").select_option(label="A little")
    alice.page.wait_for_function("() => document.querySelector('parameter-panel').isSaving")
    panel.locator("[name=temperature]").fill("0.5")
    with alice.page.expect_response("**/api/v1/conversations/*"):
        held.pop().continue_()
    alice.page.wait_for_function("() => !document.querySelector('parameter-panel').isSaving")
    expect(panel.locator(".parameters__saved")).to_have_text("")
    alice.page.unroute("**/api/v1/conversations/*")
    save(panel)
    conversation.refresh_from_db()
    assert conversation.parameters == {"thinking": {"level": "low"}, "temperature": 0.5}


def test_what_is_out_of_bounds_is_not_saved(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    conversation = Conversation.objects.create(owner=cast.alice, revision=1, title="Tuned")
    alice = visit(cast.alice, f"/conversations/{conversation.id}/", viewport={"width": 1000, "height": 800})
    panel = tuned(alice)
    notice = panel.get_by_role("alert")
    leave = panel.get_by_role("heading")
    panel.locator("[name=temperature]").fill("3")
    leave.click()
    expect(notice).to_contain_text("Temperature: ")
    panel.locator("[name=temperature]").fill("")
    panel.get_by_text("More", exact=True).click()
    leave.hover()
    alice.page.mouse.down()
    alice.page.mouse.move(5, 5)
    alice.page.mouse.up()
    expect(panel).to_be_visible()  # what was selected to beyond its edge closes nothing
    panel.get_by_label("JSON schema").fill("[1]")
    leave.click()
    expect(notice).to_contain_text("A JSON schema is an object in JSON.")
    panel.get_by_label("JSON schema").fill("")
    panel.get_by_label("Stop words").fill("\n".join("123456"))
    alice.watch.expect("400")
    leave.click()
    expect(notice).to_have_text("This was not saved: there may be five stop words, each of at most 100 characters.")
    conversation.refresh_from_db()
    assert conversation.parameters == {}


def test_nothing_can_be_written_before_it_says_what_is_set(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    conversation = Conversation.objects.create(
        owner=cast.alice, revision=1, title="Tuned", parameters={"temperature": 1}
    )
    alice = visit(cast.alice, f"/conversations/{conversation.id}/")
    held: list[Route] = []
    alice.page.route("**/api/v1/conversations/*", lambda route: held.append(route))
    with alice.page.expect_request("**/api/v1/conversations/*"):
        panel = tuned(alice)
    for name in ("temperature", "system_prompt", "web_search", "clear"):
        expect(panel.locator(f"[name={name}]")).to_be_disabled()
    panel.get_by_role("button", name="Close").click()
    tuned(alice)
    assert len(held) == 1, "two answers would come, the second over what was written after the first"
    held[0].continue_()
    expect(panel.locator("[name=temperature]")).to_have_value("1")


@pytest.mark.soak
def test_settings_that_cannot_be_read_are_not_overwritten(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    conversation = Conversation.objects.create(owner=cast.alice, revision=1, title="Tuned", parameters={"seed": 7})
    alice = visit(cast.alice, f"/conversations/{conversation.id}/")
    alice.watch.expect("ERR_FAILED")
    alice.page.route("**/api/v1/conversations/*", lambda route: route.abort())
    panel = tuned(alice)
    expect(panel.get_by_role("alert")).to_contain_text("The settings could not be read.")
    expect(panel.get_by_label("System prompt")).to_be_disabled()
    alice.page.unroute("**/api/v1/conversations/*")
    panel.get_by_role("button", name="Close").click()
    tuned(alice)
    expect(panel.get_by_role("alert")).to_be_hidden()
    expect(panel.get_by_label("System prompt")).to_be_enabled()


def test_a_refusal_at_the_first_message_keeps_the_text(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    panel = tuned(alice)
    panel.get_by_text("More", exact=True).click()
    panel.get_by_label("Stop words").fill("\n".join("123456"))
    save(panel)
    alice.watch.expect("400")
    alice.send("Hello")
    expect(alice.notice).to_contain_text("there may be five stop words")
    assert alice.text.input_value() == "Hello"
    panel = tuned(alice)
    panel.get_by_role("button", name="Clear all").click()
    save(panel)
    alice.text.press("Enter")
    alice.ended(alice.replies.first)


@pytest.mark.soak
def test_a_chinese_reader_is_told_in_chinese(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    cast.alice.language = "zh-hans"
    cast.alice.save()
    conversation = Conversation.objects.create(owner=cast.alice, revision=1, title="Tuned")
    alice = visit(cast.alice, f"/conversations/{conversation.id}/")
    panel = tuned(alice)
    panel.locator("summary").click()
    alice.watch.expect("400")
    refusals = {"stop": "停止词", "json_schema": "JSON Schema"}
    values = {"stop": "x" * 101, "json_schema": json.dumps({"x": "y" * 20_001})}
    for field, words in refusals.items():
        panel.locator(f"[name={field}]").fill(values[field])
        panel.get_by_role("heading").click()
        expect(panel.get_by_role("alert")).to_contain_text(words)
        panel.locator(f"[name={field}]").fill("")


@pytest.mark.soak
def test_whether_something_is_set_is_seen_in_every_window(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    conversation = Conversation.objects.create(owner=cast.alice, team=cast.team, revision=1, title="Tuned")
    alice, bob = (visit(person, f"/conversations/{conversation.id}/") for person in (cast.alice, cast.bob))
    expect(bob.connection).to_be_empty()
    for seed in ("7", ""):
        panel = tuned(alice)
        panel.locator("details").evaluate("(more) => (more.open = true)")
        panel.get_by_label("Seed").fill(seed)
        save(panel)
        for visitor in (alice, bob):
            expect(visitor.tune_button.and_(visitor.page.locator("[data-set]"))).to_have_count(1 if seed else 0)


@pytest.mark.soak
def test_only_what_the_model_knows_is_offered(cast: Cast, vendor: FakeVendor, visit: Visit) -> None:
    serve(vendor, "openai", "speaker")
    serve(vendor, "gemini", "twin")
    alice = visit(cast.alice)
    panel = tuned(alice)
    for name, takes in (("speaker", False), ("twin", True)):
        alice.choose_model(name)
        expect(panel.locator("[name=temperature]")).to_be_enabled()
        expect(panel.get_by_label("May search the web")).to_be_enabled(enabled=takes)
        expect(panel.get_by_text(f"{name} does not take this.").first).to_be_visible(visible=not takes)


def test_the_panel_fits_a_phone_and_the_keyboard(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice, viewport={"width": 360, "height": 640})
    alice.tune_button.focus()
    alice.page.keyboard.press("Enter")
    expect(alice.panel).to_be_visible()
    alice.panel.get_by_text("More", exact=True).click()
    expect(alice.panel.get_by_role("button", name="Clear all")).to_be_in_viewport()
    assert not alice.scrolls_sideways()
    assert alice.page.evaluate(WIDE_ELEMENTS) == []
    alice.page.keyboard.press("Escape")
    expect(alice.panel).to_be_hidden()
    assert alice.page.evaluate(FOCUSED) == "tune"


def test_a_slider_is_drawn_beside_the_thread_and_counts_at_once(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    """Job 17 in two clicks: the panel, the slider."""
    conversation = Conversation.objects.create(owner=cast.alice, revision=1, title="Tuned")
    alice = visit(cast.alice, f"/conversations/{conversation.id}/", viewport={"width": 1400, "height": 900})
    panel = tuned(alice)
    place = panel.locator("[data-parameter=temperature]")
    expect(place).to_contain_text("The model's default is usually 1.")
    slider = place.get_by_role("slider")
    expect(slider).to_have_value("1")
    box = slider.bounding_box()
    assert box
    slider.click(position={"x": box["width"] / 4, "y": box["height"] / 2})  # once the panel has come to rest
    expect(place).to_have_attribute("data-differs", "")
    alice.ask("Hello")  # The panel is still there, and nothing lies over the box.
    chosen = vendor.requests[-1].json["temperature"]
    assert 0.3 < chosen < 0.7
    conversation.refresh_from_db()
    assert conversation.parameters == {"temperature": chosen}
    panel.get_by_role("button", name="Leave it to the model").click()
    expect(place).not_to_have_attribute("data-differs", "")
    alice.ask("Again")
    assert "temperature" not in vendor.requests[-1].json
    panel.press("Escape")
    expect(panel).to_be_hidden()


def test_the_panel_shows_what_the_model_s_wire_takes_within_its_bounds(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wire is invented, and one that no template knows."""
    monkeypatch.setitem(WIRES, telex.NAME, telex)
    telegraph = LanguageModel.objects.create(name="telegraph")
    endpoint = Endpoint.objects.create(
        name="Bern", wire="telex", base_url=vendor.gemini_url, key_placement="telex-key", needs_key=False
    )
    Deployment.objects.create(endpoint=endpoint, model=telegraph, vendor_id="telegraph")
    vendor.script = lambda request: telex.words("STOP") if "telex" in request.path else default_reply(request)
    alice = visit(cast.alice)
    panel = tuned(alice)
    expect(panel.locator("[name=temperature]")).to_have_attribute("max", "2")
    expect(panel.locator("[name=verbosity]")).to_be_disabled()
    alice.choose_model("telegraph")
    expect(panel.locator("[name=top_p]")).to_be_disabled()
    panel.locator("[name=temperature]").fill("1.5")
    panel.get_by_role("heading").click()
    expect(panel.get_by_role("alert")).to_contain_text("Temperature: ")
    panel.locator("[name=temperature]").fill("1")
    panel.get_by_text("More", exact=True).click()
    panel.get_by_label("Verbosity").fill("5")
    panel.get_by_label("In rhymes").check()
    save(panel)
    alice.ask("Hello")
    asked = vendor.requests[-1].json
    assert {name: asked[name] for name in ("heat", "verbosity", "rhymes")} == {
        "heat": 1,
        "verbosity": 5,
        "rhymes": True,
    }


def test_a_switch_at_the_box_lets_the_model_search_the_web(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    plain = serve(vendor, "openai", "plain")
    Deployment.objects.filter(model=model).update(web_search="enable_search")
    alice = visit(cast.alice)
    alice.choose_model("plain")
    expect(alice.search_button).to_be_hidden()
    alice.choose_model("parrot")
    alice.search_button.click()
    alice.ask("Hello")  # at once, while it is being stored
    alice.wait_until_begun()
    assert vendor.requests[0].json["enable_search"] is True
    conversation = Conversation.objects.get()
    assert conversation.parameters == {"web_search": True}
    alice.page.reload()
    expect(alice.search_button).to_have_attribute("aria-pressed", "true")
    alice.search_button.click()
    expect(alice.search_button).to_have_attribute("aria-pressed", "false")
    alice.ask("Again")
    expect(alice.replies).to_have_count(2)
    assert "enable_search" not in vendor.requests[-1].json
    conversation.refresh_from_db()
    assert conversation.parameters == {}
    assert plain.name == "plain"
