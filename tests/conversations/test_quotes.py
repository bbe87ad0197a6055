"""A vendor's own words on how a reply ended reach the person who asked, and staff where the account is the cause."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from conversations.admin.failed_reply import PLACES
from conversations.models import Conversation, Message, UsageRecord, User
from providers.errors import KeyRefused, PageInstead, RegionRefused
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel
from providers.pool import cooldown
from tests.conftest import Cast, serve
from tests.conversations.calling import Api, say
from tests.conversations.paying import Connect, finished
from tests.conversations.sharing import share, shown
from tests.conversations.test_blame import SECRET, refusal
from tests.conversations.test_engine import ask
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import gemini_event

REFUSED = f"<b>Range</b> of n should be [1, 4], you asked of {SECRET}"
QUESTION = f"What of {SECRET}?"
BALANCE, DOUBTFUL = "Your <b>balance</b> is too low", "Not for you, <b>somebody</b>"
REFUSALS = {
    "bad_request": refusal(400, REFUSED),
    "quota": refusal(402, BALANCE),
    "quota of the question": refusal(402, REFUSED),
    "doubtful": refusal(403, DOUBTFUL),
}
SENTENCES = {
    "bad_request": "The vendor did not accept the request. It said of this question: ",
    "quota": "The vendor account behind the key has no quota left. It said: ",
    "quota of the question": "The vendor account behind the key has no quota left. It said of this question: ",
    "doubtful": "The vendor refused the key. It said of this question: ",
}
CODES = {"quota of the question": "quota", "doubtful": "key_refused"}

NARROWER = {"region_refused": RegionRefused, "page_instead": PageInstead}
"""Reasons narrower than their code, with a place of their own."""
ADVICE = {
    "The key may not use this model. Choose another one.": refusal(
        403, "Project proj_x does not have access to model parrot"
    ),
    "The vendor does not serve the region of this site. Choose another model.": refusal(
        403, "Country, region, or territory not supported"
    ),
    "A web page came instead of an answer. Try again; an administrator can check the address.": [
        *(403, {"Content-Type": "text/html"}, b"<!DOCTYPE html><title>Attention Required!</title>"),
    ],
    "The reply is empty. Try again, or choose another model.": [200, b""],
}


def everything_told(person: User, socket: Socket, browser: Client, reply: str) -> list[dict[str, Any]]:
    """Return the reply as each way tells it: the event, an opening, the HTTP API; and the page's quote."""
    event = finished(socket)
    opened = socket.ask("conversation.open", conversation=event["conversation"], since=2)["messages"]
    listed = Api(person).get(f"/conversations/{event['conversation']}/messages")["results"]
    found = [next(one for one in told if one["id"] == reply) for told in ([event], opened, listed)]
    thread = browser.get(reverse("thread", args=[event["conversation"]])).json()["html"]
    page = browser.get(reverse("conversation", args=[event["conversation"]])).content.decode()
    found[0] |= {"html": thread + page}
    return found


@pytest.mark.parametrize("name", REFUSALS)
def test_who_asked_reads_the_vendors_words_and_others_our_sentence(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, sign_in: Callable[[User], Client], name: str
) -> None:
    code, words = CODES.get(name, name), {"quota": BALANCE, "doubtful": DOUBTFUL}.get(name, REFUSED)
    bob, rita, alice = (connect(person) for person in (cast.bob, cast.rita, cast.alice))
    begun = ask(bob, model, team=cast.team.id)["conversation"]
    finished(bob)
    for reader in (rita, alice):
        reader.ask("conversation.open", conversation=begun)
    vendor.script = lambda _: REFUSALS[name]
    reply = ask(bob, model, QUESTION, conversation=begun)["replies"][0]
    readers = [(cast.bob, bob), (cast.rita, rita), (cast.alice, alice)]
    told = [everything_told(person, socket, sign_in(person), reply) for person, socket in readers]
    for (person, _socket), ways in zip(readers, told, strict=True):
        may = person == cast.bob or (person.is_staff and name == "quota")
        said = f"{SENTENCES[name]}{words}" if may else SENTENCES[name].partition(" It said")[0]
        assert [way["error"] for way in ways] == [{"code": code, "text": said}] * 3, person
        assert [way["quote"] for way in ways] == [words if may else ""] * 3, person
        page = ways[0]["html"]
        above = may and person.is_staff  # the line for who may test the key
        assert page.count(escape(words)) == (2 if may else 0) + above, person
        assert words not in page


def test_the_words_go_to_who_tried_again_and_never_through_a_link_or_into_a_copy(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.script = lambda _: REFUSALS["bad_request"]
    bob, alice = connect(cast.bob), connect(cast.alice)
    sent = ask(bob, model, f"What of {SECRET}?", team=cast.team.id)
    finished(bob)
    alice.ask("conversation.open", conversation=sent["conversation"])
    alice.ask("reply.retry", message=sent["replies"][0])
    assert (finished(alice)["quote"], finished(bob)["quote"]) == (REFUSED, "")
    last = Message.objects.order_by("id").last()
    assert last is not None
    _made, path = share(cast.alice, last.conversation)
    assert "Range" not in shown(path)
    assert "The vendor did not accept the request." in shown(path)
    rita = connect(cast.rita)
    copy = rita.ask("conversation.fork", message=str(last.pk))["conversation"]
    assert "Range" not in json.dumps(Api(cast.rita).get(f"/conversations/{copy}/messages"))


@pytest.mark.parametrize("sentence", ADVICE)
def test_the_advice_is_that_of_the_reason_where_the_codes_would_be_wrong(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, sign_in: Callable[[User], Client],
    sentence: str,
) -> None:  # fmt: skip
    vendor.script = lambda _: ADVICE[sentence]
    bob = connect(cast.bob)
    begun = ask(bob, model)["conversation"]
    cause = finished(bob)["error"]["cause"]
    page = sign_in(cast.bob).get(reverse("conversation", args=[begun])).content.decode()
    assert f'data-cause="{cause}"' in page
    assert f'<p data-name="reply.{cause}">{sentence}</p>' in page
    _made, path = share(cast.bob, Conversation.objects.get(pk=begun))
    assert sentence in shown(path)


@pytest.mark.parametrize("code", sorted(PLACES))
def test_staff_is_led_to_the_page_where_it_can_be_mended(
    cast: Cast, model: LanguageModel, sign_in: Callable[[User], Client], code: str
) -> None:
    reply = _failed(cast, model, code)
    endpoint, key, deployment = Endpoint.objects.get().pk, ApiKey.objects.get().pk, Deployment.objects.get().pk
    pages = {
        "bad_reply": reverse("admin:providers_endpoint_change", args=[endpoint]),
        "bad_request": reverse("admin:providers_deployment_change", args=[deployment]),
        "model_not_found": reverse("admin:providers_deployment_change", args=[deployment]),
        "no_model": reverse("admin:providers_languagemodel_change", args=[model.pk]),
        "key_refused": reverse("key", args=[key]),
        "quota": reverse("key", args=[key]),
        **dict.fromkeys(NARROWER, reverse("admin:providers_endpoint_change", args=[endpoint])),
    }
    way = reverse("mend", args=[reply.pk])
    admin = sign_in(cast.alice)
    assert admin.get(way).headers["Location"] == pages[code]
    assert admin.get(pages[code]).status_code == 200
    cast.bob.is_staff = True
    cast.bob.save()
    assert sign_in(cast.bob).get(way).headers["Location"] == reverse("admin:index")


def test_without_a_call_it_leads_to_what_rests(
    cast: Cast, model: LanguageModel, sign_in: Callable[[User], Client]
) -> None:
    reply = _failed(cast, model, "key_refused", called=False)
    way = sign_in(cast.alice).get(reverse("mend", args=[reply.pk]))
    assert way.headers["Location"] == reverse("admin:providers_trouble_changelist")
    key = ApiKey.objects.get()
    cooldown.mark_failed(key.pk, KeyRefused("no"), reply.pk)
    way = sign_in(cast.alice).get(reverse("mend", args=[reply.pk]))
    assert way.headers["Location"] == reverse("key", args=[key.pk])


def test_whoever_may_test_a_refused_key_reads_of_it_in_the_chat(
    cast: Cast, model: LanguageModel, sign_in: Callable[[User], Client]
) -> None:
    key = ApiKey.objects.get()
    assert "chat__trouble" not in sign_in(cast.alice).get("/").content.decode()
    cooldown.mark_failed(key.pk, KeyRefused("no such key"), cast.bob.pk)
    page = sign_in(cast.alice).get("/").content.decode()
    assert "The vendor refused the key. It said: no such key · The next question asks it again." in page
    deployment = Deployment.objects.get().pk
    assert f'action="{reverse("test-key", args=[key.pk])}"' in page
    assert f'name="deployment" value="{deployment}">Test now<' in page
    told = sign_in(cast.alice).get(reverse("resting-keys")).content.decode()
    assert "no such key" in told
    assert "<details" not in told
    another = ApiKey.objects.create(endpoint=key.endpoint, secret="another")
    cooldown.mark_failed(another.pk, KeyRefused("nor that one"), cast.bob.pk)
    told = sign_in(cast.alice).get(reverse("resting-keys")).content.decode()
    assert "Keys that do not answer: 2" in told[told.index("<details") : told.index("</summary>")]
    for address in ("/", reverse("resting-keys")):
        assert "chat__trouble" not in sign_in(cast.bob).get(address).content.decode()


def _failed(cast: Cast, model: LanguageModel, code: str, *, called: bool = True) -> Message:
    conversation = Conversation.objects.create(owner=cast.bob)
    error = NARROWER.get(code)
    stored = {"error_code": error.code, "error_text": error.sentence} if error else {"error_code": code}
    reply = say(conversation, "", role="assistant", status="failed", author=cast.bob, model=model, **stored)
    endpoint, key = Endpoint.objects.get(), ApiKey.objects.get()
    if called:
        UsageRecord.objects.create(
            user=cast.bob, conversation=conversation.pk, message=reply.pk, model=model, endpoint=endpoint, key=key,
            outcome=code, total_ms=1,
        )  # fmt: skip
    return reply


def test_who_asked_reads_why_a_reply_ended_early_and_nobody_that_it_was_not_said(
    cast: Cast, vendor: FakeVendor, connect: Connect
) -> None:
    model = serve(vendor, "gemini")
    vendor.play([gemini_event("", finishReason="NO_IMAGE", finishMessage=f"No image of {SECRET}")])
    bob = connect(cast.bob)
    begun = ask(bob, model, f"Draw {SECRET}", team=cast.team.id)["conversation"]
    told = finished(bob)
    assert (told["status"], told["error"], told["quote"]) == ("complete", None, f"No image of {SECRET}")
    (_question, other) = Api(cast.rita).get(f"/conversations/{begun}/messages")["results"]
    assert (other["error"], other["quote"]) == (None, "")
    _made, path = share(cast.alice, Message.objects.get(pk=told["id"]).conversation)
    assert "The vendor ended this reply early." in shown(path)
    assert "No image of" not in shown(path)
