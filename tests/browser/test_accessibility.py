"""Each kind of page, checked by axe-core: nothing serious in either theme and either language; --soak opens all."""

from collections.abc import Sequence

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from conversations import actions
from conversations.models import Budget, User
from providers.errors import KeyRefused
from providers.models import ApiKey, Endpoint, LanguageModel
from providers.pool import cooldown
from tests.authorisation.roles import R, Role
from tests.authorisation.world import World
from tests.browser import states
from tests.browser.axe import grave_faults
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.places import enter, places
from tests.browser.test_layout import WIDE
from tests.conftest import Cast
from tests.conversations.calling import say
from tests.conversations.sharing import answer, last, share, talk
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_stream

ALL: tuple[str, ...] = ()
OF_LOOKS = ("color-contrast", "html-lang-valid", "target-size")
"""The rules whose answers differ in another theme or language."""
LOOKS = [
    ("light", "en", ALL),
    pytest.param("dark", "zh-hans", ALL, marks=pytest.mark.soak),
    pytest.param("dark", "en", ALL, marks=pytest.mark.soak),
    pytest.param("light", "zh-hans", ALL, marks=pytest.mark.soak),
]
EVERY_LOOK = [(scheme, language, ALL) for scheme in ("light", "dark") for language in ("en", "zh-hans")]


def faults(person: ChatPage, paths: list[str], rules: Sequence[str]) -> str:
    """Return a line for each serious fault on these pages."""
    person.watch.expect("Applying inline style violates")  # axe's own, while it measures
    found = []
    for path in paths:
        person.open(path)
        found += [f"{path} {fault}" for fault in grave_faults(person.page, rules)]
    return "\n".join(found)


@pytest.mark.parametrize(("scheme", "language", "rules"), [*LOOKS, ("dark", "zh-hans", OF_LOOKS)])
def test_the_chat(
    cast: Cast,
    model: LanguageModel,
    vendor: FakeVendor,
    visit: Visit,
    scheme: str,
    language: str,
    rules: tuple[str, ...],
) -> None:
    cast.alice.language = language
    cast.alice.save()
    vendor.play([openai_stream([f"{WIDE}\n- [x] done\n\n> quoted\n\n[a link](https://example.org)"])])
    cooldown.mark_failed(ApiKey.objects.get().pk, KeyRefused("no"), cast.bob.pk)
    conversation = talk(cast.alice, team=cast.team)
    for name in ("alpha", "beta"):
        answer(
            conversation,
            say(conversation, "Which?", author=cast.bob, parent=last(conversation)),
            "This",
            model_name=name,
        )
    alice = visit(cast.alice, color_scheme=scheme)
    alice.watch.expect("Applying inline style violates")
    ApiKey.objects.update(enabled=True)
    cooldown.reset([ApiKey.objects.get().pk])
    alice.ask("Hello")
    expect(alice.rows.first).to_be_visible()
    assert "\n".join(grave_faults(alice.page, rules)) == ""
    alice.open(f"/conversations/{conversation.pk}/")
    assert "\n".join(grave_faults(alice.page, rules)) == ""
    alice.page.locator(".chip").click()
    expect(alice.page.locator("audience-panel .people__row").first).to_be_visible()
    assert "\n".join(grave_faults(alice.page, rules)) == ""


@pytest.mark.parametrize(("scheme", "language", "rules"), LOOKS)
def test_the_pages_around_it(
    cast: Cast, model: LanguageModel, visit: Visit, scheme: str, language: str, rules: tuple[str, ...]
) -> None:
    cast.alice.language = language
    cast.alice.save()
    conversation = talk(cast.alice, team=cast.team)
    _, path = share(cast.alice, conversation)
    _, locked = share(cast.alice, conversation, pass_phrase="eight pink bicycles")
    _, secret = actions.invite(cast.alice, cast.team.pk, "member", days=7, is_single_use=True, mailed_to="")
    actions.create_token(cast.alice, "nightly", days=30)
    alice = visit(cast.alice, None, color_scheme=scheme)
    pages = ["/account/", "/account/security/", "/account/tokens/", "/search/?q=far", path, locked]
    pages += [f"/teams/{cast.team.pk}/{page}" for page in ("", "invitations/")]
    assert faults(alice, [*pages, f"/join/{secret}/"], rules) == ""
    stranger = visit(None, None, color_scheme=scheme, locale="zh-CN" if language != "en" else "en-US")
    assert faults(stranger, ["/accounts/login/", "/accounts/password/reset/", f"/join/{secret}/"], rules) == ""


@pytest.mark.soak
@pytest.mark.parametrize(("scheme", "language", "rules"), LOOKS)
def test_the_administration(
    cast: Cast, model: LanguageModel, visit: Visit, scheme: str, language: str, rules: tuple[str, ...]
) -> None:
    cast.alice.language = language
    cast.alice.save()
    Budget.objects.create(kind="person", period="day", hard=5)
    endpoint, key = Endpoint.objects.get(), ApiKey.objects.get()
    cooldown.mark_failed(key.pk, KeyRefused("no"), cast.bob.pk)
    alice = visit(cast.alice, None, color_scheme=scheme)
    pages = ["/admin/", "/admin/usage/", "/admin/budgets/", reverse("admin:conversations_user_changelist")]
    pages += [reverse("key", args=[key.pk]), reverse("admin:conversations_user_add_many")]
    pages += [reverse("admin:providers_endpoint_change", args=[endpoint.pk])]
    pages += [reverse("admin:providers_languagemodel_change", args=[model.pk])]
    assert faults(alice, pages, rules) == ""


@pytest.mark.soak
@pytest.mark.parametrize(("scheme", "language", "rules"), EVERY_LOOK)
def test_every_page_and_every_state(
    world: World, visit: Visit, scheme: str, language: str, rules: tuple[str, ...]
) -> None:
    User.objects.update(language=language)
    thread = f"/conversations/{states.furnish(world.people['owner'], None).pk}/"
    found = []
    options = {"color_scheme": scheme, "locale": "zh-CN" if language != "en" else "en-US"}
    owner = enter(visit, world, R.OWNER, **options)
    owner.watch.expect(".*")
    for state in states.ON_THREAD:
        owner.open(thread)
        states.nothing(owner)
        state(owner)
        found += [f"{state.__name__} {fault}" for fault in grave_faults(owner.page, rules)]
    visitors: dict[Role, ChatPage] = {R.OWNER: owner}
    for place in places(world):
        if place.role not in visitors:
            visitors[place.role] = enter(visit, world, place.role, **options)
        visitor = visitors[place.role]
        if place.after:
            visitor.open(place.after)
        found += faults(visitor, [place.path], rules).splitlines()
    assert "\n".join(found) == ""
