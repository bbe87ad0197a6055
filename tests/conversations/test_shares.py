"""Share links: who may make and revoke one, what it shows, and that nothing else ever comes with it."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from chatsite.errors import WithoutQueryStrings
from conversations import actions, files, limits
from conversations.errors import NotFound, Refused
from conversations.models import Conversation, Message, Share, User
from tests.conftest import Cast
from tests.conversations.calling import NOBODY, Api, say
from tests.conversations.test_teams import enter
from tests.sockets import Socket

pytestmark = pytest.mark.usefixtures("static_files")

LINK = re.compile(r'value="http://127.0.0.1(/s/[^"]+)"')
PHRASE = "eight pink bicycles"


def talk(owner: User, **fields: Any) -> Conversation:
    """A question and its answer."""
    conversation = Conversation.objects.create(owner=owner, title="A plan", **fields)
    question = say(conversation, "How **far** is it?", author=owner)
    answer(conversation, question, "Not *far*.")
    return conversation


def answer(conversation: Conversation, question: Message, text: str, **fields: Any) -> Message:
    parts = [{"kind": "text", "text": text}]
    return say(
        conversation, text, **{"role": "assistant", "parent": question, "parts": parts, "model_name": "parrot"} | fields
    )


def last(conversation: Conversation) -> Message:
    return conversation.messages.order_by("-id")[0]


def share(person: User, conversation: Conversation, *, days: int = 7, pass_phrase: str = "") -> tuple[Share, str]:
    """The link, and its path."""
    message = last(conversation).pk
    made, secret = actions.share_conversation(person, conversation.pk, message, days=days, pass_phrase=pass_phrase)
    return made, f"/s/{secret}/"


def shown(path: str, client: Client | None = None) -> str:
    response = (client or enter(None)).get(path)
    assert response.status_code == 200
    return str(response.content.decode())


def is_gone(path: str, client: Client | None = None) -> bool:
    return (client or enter(None)).get(path).status_code == 404


# --- Who may -------------------------------------------------------------------------------------------------------


def test_the_owner_of_a_private_conversation_shares_it_and_nobody_else_does(cast: Cast) -> None:
    conversation = talk(cast.bob)
    assert "A plan" in shown(share(cast.bob, conversation)[1])
    for person in (cast.alice, cast.rita, cast.carol):
        with pytest.raises(NotFound):
            share(person, conversation)


def test_a_teams_conversation_is_shared_by_its_owner_and_its_leads(cast: Cast) -> None:
    cast.team.memberships.create(user=cast.carol, role="member")
    conversation = talk(cast.bob, team=cast.team)
    for person in (cast.bob, cast.alice):
        share(person, conversation)
    for person in (cast.carol, cast.rita):
        with pytest.raises(NotFound):
            share(person, conversation)


def test_a_message_of_another_conversation_is_not_there(cast: Cast) -> None:
    conversation, other = talk(cast.bob), talk(cast.carol)
    for message in (last(other).pk, UUID(NOBODY)):
        with pytest.raises(NotFound):
            actions.share_conversation(cast.bob, conversation.pk, message, days=1, pass_phrase="")


def test_it_is_revoked_by_its_maker_the_owner_and_the_leads_and_by_nobody_else(cast: Cast) -> None:
    cast.team.memberships.create(user=cast.carol, role="member")
    conversation = talk(cast.bob, team=cast.team)
    made, path = share(cast.alice, conversation)
    for person in (cast.carol, cast.rita):
        with pytest.raises(NotFound):
            actions.revoke_share(person, made.pk)
    assert not is_gone(path)
    actions.revoke_share(cast.bob, made.pk)
    assert is_gone(path)
    made, path = share(cast.bob, conversation)
    actions.revoke_share(cast.alice, made.pk)
    assert is_gone(path)


def test_who_loses_the_conversation_still_revokes_their_link_and_the_leads_see_it(cast: Cast) -> None:
    conversation = talk(cast.bob, team=cast.team)
    made, path = share(cast.bob, conversation)
    actions.remove_member(cast.alice, cast.team.pk, cast.bob.pk)
    assert "A plan" in shown(path)
    assert "A plan" in shown("/shares/", enter(cast.alice))
    assert "A plan" in shown("/shares/", enter(cast.bob))
    assert enter(cast.bob).post(f"/shares/{made.pk}/revoke/").headers["Location"] == "/shares/"
    assert is_gone(path)


def test_a_link_outlives_a_move_and_goes_with_the_conversation(cast: Cast) -> None:
    conversation = talk(cast.bob)
    _, path = share(cast.bob, conversation)
    actions.move_conversation(cast.bob, conversation.pk, cast.team.pk)
    assert "A plan" in shown(path)
    assert "A plan" in shown("/shares/", enter(cast.alice)), "its leads decide now"
    actions.delete_conversation(cast.bob, conversation.pk)
    assert is_gone(path)


def test_the_links_of_somebody_deactivated_end(cast: Cast) -> None:
    _, path = share(cast.bob, talk(cast.bob))
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert is_gone(path)


def test_a_superuser_learns_of_no_foreign_link(cast: Cast) -> None:
    made, _ = share(cast.carol, talk(cast.carol))
    assert cast.alice.is_superuser
    alice = enter(cast.alice)
    assert "A plan" not in shown("/shares/", alice)
    assert alice.post(f"/shares/{made.pk}/revoke/").status_code == 404
    assert "share" not in shown("/admin/", alice).lower()


def test_nobody_has_links_without_number(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conversations.actions.sharing.MOST_OPEN", 1)
    conversation = talk(cast.bob)
    made, _ = share(cast.bob, conversation)
    with pytest.raises(Refused, match="revoke some"):
        share(cast.bob, conversation)
    actions.revoke_share(cast.bob, made.pk)
    share(cast.bob, conversation)


# --- A06: what a link is, and what it is not -------------------------------------------------------------------------


def test_a06_the_secret_is_long_shown_once_and_kept_as_a_digest(cast: Cast) -> None:
    conversation = talk(cast.bob)
    bob = enter(cast.bob)
    place = f"/conversations/{conversation.pk}/share/"
    made = bob.post(place, {"message": last(conversation).pk, "days": "7"})
    assert made.status_code == 201
    assert "no-store" in made.headers["Cache-Control"]
    found = LINK.search(made.content.decode())
    assert found
    secret = found[1].split("/")[2]
    assert len(secret) >= 43, "256 bits"
    assert secret not in str(Share.objects.values())
    for page in (place, "/shares/", f"/conversations/{conversation.pk}/audience/"):
        assert secret not in shown(page, bob)
    assert secret not in shown(found[1]), "nothing on the page repeats its address"


def bad_links(cast: Cast) -> dict[str, str]:
    conversation, now = talk(cast.bob), timezone.now()
    paths = {"wrong": f"/s/{'x' * 43}/", "short": "/s/x/"}
    for name, change in {
        "expired": {"expires_at": now - timedelta(seconds=1)},
        "revoked": {"revoked_at": now},
        "with a pass phrase, revoked": {"revoked_at": now, "pass_phrase": "x"},
    }.items():
        made, paths[name] = share(cast.bob, conversation)
        Share.objects.filter(pk=made.pk).update(**change)
    return paths


def test_a06_every_bad_link_gets_the_same_bytes(cast: Cast) -> None:
    belows = ("", "copy/", f"files/{NOBODY}/")
    found = [enter(None).get(path + below) for path in bad_links(cast).values() for below in belows]
    assert {answer.status_code for answer in found} == {404}
    assert len({re.sub(rb"nonce-[^']+", b"", answer.content) for answer in found}) == 1
    assert len({str(sorted({**answer.headers, "Expires": ""}.items())) for answer in found}) == 1
    assert b"wrong, expired or taken back" in found[0].content
    assert not any(answer.cookies for answer in found)


def test_a06_guesses_are_counted(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BAD_LINKS", 3)
    monkeypatch.setattr(limits, "_minute", lambda: 1)
    assert [enter(None).get(f"/s/{'y' * 43}/").status_code for _ in range(4)] == [404, 404, 404, 429]


def test_a06_the_secret_is_in_no_log_line(cast: Cast) -> None:
    _, path = share(cast.bob, talk(cast.bob))
    secret = path.split("/")[2]
    for place in (path, f"{path}copy/", f"{path}files/{NOBODY}/"):
        record = logging.LogRecord("django", logging.ERROR, "", 0, 'GET "%s" failed', (place,), None)
        assert WithoutQueryStrings().filter(record)
        assert secret not in record.getMessage()
        assert "/s/…/" in record.getMessage()


def test_a06_nobody_indexes_keeps_or_passes_it_on(cast: Cast) -> None:
    _, path = share(cast.bob, talk(cast.bob))
    _, locked = share(cast.bob, talk(cast.bob), pass_phrase=PHRASE)
    for place in (path, locked, f"{path}copy/", f"{path}files/{NOBODY}/"):
        headers = enter(None).get(place).headers
        assert "noindex" in headers["X-Robots-Tag"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in headers["Cache-Control"]
        policy = headers["Content-Security-Policy"]
        assert "script-src 'none'" in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
    assert '<meta name="robots" content="noindex' in shown(path)
    assert "<script" not in shown(path)


def test_a06_a_link_is_for_reading(cast: Cast) -> None:
    made, path = share(cast.bob, talk(cast.bob))
    before = list(Message.objects.order_by("id").values())
    for method in ("PUT", "PATCH", "DELETE"):
        assert enter(None).generic(method, path).status_code == 405
    for below in ("copy/", f"files/{NOBODY}/"):
        assert enter(None).post(path + below).status_code == 405
    assert enter(None).post(path, {"text": "more"}).headers["Location"] == path
    assert list(Message.objects.order_by("id").values()) == before
    made.refresh_from_db()
    assert made.views == 0


def test_a06_what_is_said_later_does_not_appear(cast: Cast) -> None:
    conversation = talk(cast.bob)
    question = conversation.messages.order_by("id")[0]
    _, path = share(cast.bob, conversation)
    before = shown(path)
    say(conversation, "Later secret", parent=last(conversation))
    say(conversation, "Other wording", parent=None)
    answer(conversation, question, "Another version")
    actions.change_conversation(cast.bob, conversation.pk, title="Renamed")
    assert shown(path) == before
    assert "A plan" in before
    assert 'data-versions=""' in before


def test_a06_revoked_means_gone_at_once_with_files_and_pass_phrase_and_copy(cast: Cast) -> None:
    conversation = talk(cast.bob)
    file = attach(conversation, cast.bob)
    made, path = share(cast.bob, conversation, pass_phrase=PHRASE)
    visitor = enter(cast.carol)
    assert visitor.post(path, {"pass_phrase": PHRASE}).status_code == 302
    visitor.get(f"{path}copy/")
    places = (path, f"{path}files/{file.pk}/", f"{path}copy/", "/shares/copy/")
    assert [visitor.get(place).status_code for place in places] == [200, 200, 302, 200]
    actions.revoke_share(cast.bob, made.pk)
    assert [visitor.get(place).status_code for place in places] == [404] * 4
    assert visitor.post("/shares/copy/", {"key": NOBODY}).status_code == 404
    assert not Conversation.objects.filter(owner=cast.carol).exists()


# --- What it shows ---------------------------------------------------------------------------------------------------


def test_it_says_everything_without_a_script(cast: Cast) -> None:
    conversation = talk(cast.bob)
    question = say(conversation, "And <b>then</b>?", author=cast.bob, parent=last(conversation))
    thought = {"kind": "thought", "text": "Hm."}
    answer(
        conversation, question, "Cut", status="interrupted", error_code="cut_off", error_text="vendor's words",
        parts=[thought, {"kind": "text", "text": "Cut"}],
    )  # fmt: skip
    page = shown(share(cast.bob, conversation)[1])
    assert "How **far** is it?" in page, "what people write is shown as they wrote it"
    assert "Not <em>far</em>." in page
    assert "&lt;b&gt;then" in page
    assert ">Thoughts</summary>" in page
    assert "broke off before the end" in page
    assert "vendor's words" not in page
    assert re.search(r"<time [^>]+>[^<]+UTC</time>", page)
    assert "Shared by bob" in page
    chinese = enter(None).get(share(cast.bob, conversation)[1], headers={"accept-language": "zh-hans"}).content.decode()
    assert "由 bob" in chinese
    assert ">思考过程</summary>" in chinese or "思考" in chinese


def test_a_long_one_costs_as_many_queries_as_a_short_one(
    cast: Cast, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    conversation = talk(cast.bob)
    _, short = share(cast.bob, conversation)
    for number in range(30):
        question = say(conversation, f"Question {number}", author=cast.bob, parent=last(conversation))
        answer(conversation, question, f"Answer {number}")
    _, long = share(cast.bob, conversation)
    for path in (short, long):
        with django_assert_max_num_queries(8):
            assert "Not <em>far</em>." in shown(path)


def test_views_are_counted_but_for_the_makers(cast: Cast) -> None:
    made, path = share(cast.bob, talk(cast.bob))
    enter(cast.bob).get(path)
    enter(None).head(path)
    enter(None).get(path, headers={"sec-purpose": "prefetch"})
    enter(None).get(path)
    enter(cast.carol).get(path)
    made.refresh_from_db()
    assert made.views == 2
    assert "views: 2" in shown("/shares/", enter(cast.bob))


# --- Pass phrase -----------------------------------------------------------------------------------------------------


def test_nothing_is_seen_before_the_pass_phrase(cast: Cast) -> None:
    conversation = talk(cast.bob)
    file = attach(conversation, cast.bob)
    made, path = share(cast.bob, conversation, pass_phrase=PHRASE)
    assert PHRASE not in made.pass_phrase
    visitor = enter(None)
    for _ in range(2):
        page = shown(path, visitor)
        assert "A plan" not in page
        assert "far" not in page
        assert "bob" not in page
        assert visitor.get(f"{path}files/{file.pk}/").status_code == 404
        assert visitor.get(f"{path}copy/").headers["Location"] == "../"
        wrong = visitor.post(path, {"pass_phrase": "nine pink bicycles"})
        assert wrong.status_code == 422
    made.refresh_from_db()
    assert made.views == 0
    assert visitor.post(path, {"pass_phrase": f" {PHRASE} "}).headers["Location"] == path
    assert "A plan" in shown(path, visitor)
    assert is_gone(f"{path}files/{file.pk}/"), "what one browser knows opens nothing for another"
    assert "A plan" not in shown(path)


def test_a_pass_phrase_is_not_guessed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PASS_PHRASES", 3)
    monkeypatch.setattr(limits, "PASS_PHRASES_OF_A_LINK", 5)
    monkeypatch.setattr(limits, "_minute", lambda: 1)
    _, path = share(cast.bob, talk(cast.bob), pass_phrase=PHRASE)

    def guess(address: str, phrase: str = "wrong") -> int:
        return (
            Client(headers={"host": "127.0.0.1"}, REMOTE_ADDR=address).post(path, {"pass_phrase": phrase}).status_code
        )

    assert [guess("192.0.2.1") for _ in range(4)] == [422, 422, 422, 429]
    assert guess("192.0.2.1", PHRASE) == 429, "too late to be right"
    assert guess("192.0.2.2") == 429, "many addresses are no way around"
    _, other = share(cast.bob, talk(cast.bob), pass_phrase=PHRASE)
    assert Client(headers={"host": "127.0.0.1"}).post(other, {"pass_phrase": PHRASE}).status_code == 302


# --- Files -----------------------------------------------------------------------------------------------------------


def attach(conversation: Conversation, owner: User, name: str = "notes.txt") -> Any:
    """A file in the conversation's last message."""
    file = files.receive(owner, name, b"what the file says")
    message = last(conversation)
    message.files.add(file)
    message.parts = [*message.parts, files.part_of(file)]
    message.save()
    return file


def test_the_files_of_the_snapshot_and_no_others(cast: Cast) -> None:
    conversation = talk(cast.bob)
    file = attach(conversation, cast.bob)
    _, path = share(cast.bob, conversation)
    later = say(conversation, "More", author=cast.bob, parent=last(conversation))
    more = attach(conversation, cast.bob, "later.txt")
    assert more in later.files.all()
    unsent = files.receive(cast.bob, "unsent.txt", b"draft")
    foreign = attach(talk(cast.bob), cast.bob, "foreign.txt")
    assert f'href="files/{file.pk}/"' in shown(path)
    assert "notes.txt" in shown(path)
    given = enter(None).get(f"{path}files/{file.pk}/")
    assert given.content == b"what the file says"
    assert given.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert given.headers["Referrer-Policy"] == "no-referrer"
    for other in (more, unsent, foreign):
        assert is_gone(f"{path}files/{other.pk}/")
    assert is_gone(f"/s/{'x' * 43}/files/{file.pk}/")
    assert enter(None).get(f"/api/v1/files/{file.pk}").status_code == 401


# --- The dialog ------------------------------------------------------------------------------------------------------


def test_the_dialog_says_what_the_link_would_show(cast: Cast) -> None:
    conversation = talk(cast.bob)
    place, bob = f"/conversations/{conversation.pk}/share/", enter(cast.bob)
    first = conversation.messages.order_by("id")[0]
    assert "Messages: 2 · files: 0" in shown(place, bob)
    assert "Messages: 1 · files: 0" in shown(f"{place}?message={first.pk}", bob)
    say(conversation, "", role="assistant", status="streaming", parent=first)
    page = shown(place, bob)
    assert f'value="{first.pk}"' in page
    assert "A reply is still being written." in page
    under_way = last(conversation).pk
    assert bob.post(place, {"message": under_way, "days": "1"}).status_code == 409
    assert bob.post(place, {"message": first.pk, "days": "2"}).status_code == 422
    assert bob.post(place, {"message": first.pk, "days": "1", "pass_phrase": "short"}).status_code == 422
    assert not Share.objects.exists()
    assert bob.post(place, {"message": first.pk, "days": "0", "pass_phrase": PHRASE}).status_code == 201
    assert Share.objects.get().expires_at is None


def test_the_dialog_is_not_there_for_others(cast: Cast) -> None:
    conversation = talk(cast.bob, team=cast.team)
    place, fields = f"/conversations/{conversation.pk}/share/", {"message": last(conversation).pk, "days": "7"}
    for person in (cast.rita, cast.carol):
        client = enter(person)
        assert client.get(place).status_code == client.post(place, fields).status_code == 404
    assert enter(None).get(place).status_code == enter(None).post(place, fields).status_code == 302
    bob = enter(cast.bob)
    for path in (f"{place}?message={NOBODY}", f"{place}?message=none", f"/conversations/{NOBODY}/share/"):
        assert bob.get(path).status_code == 404
    assert bob.get(f"/conversations/{Conversation.objects.create(owner=cast.bob).pk}/share/").status_code == 409
    assert not Share.objects.exists()


def test_the_list_holds_ones_own_and_those_one_may_revoke(cast: Cast) -> None:
    share(cast.bob, talk(cast.bob))
    conversation = talk(cast.alice, team=cast.team)
    conversation.title = "Of the team"
    conversation.save()
    made, _ = share(cast.alice, conversation)
    assert "Of the team" not in shown("/shares/", enter(cast.bob))
    assert "Of the team" in shown("/shares/", enter(cast.alice))
    assert enter(cast.bob).post(f"/shares/{made.pk}/revoke/").status_code == 404
    assert "There are none." in shown("/shares/", enter(cast.carol))
    actions.revoke_share(cast.alice, made.pk)
    assert "Of the team" not in shown("/shares/", enter(cast.alice))


def test_the_audience_says_that_there_are_links(cast: Cast) -> None:
    conversation = talk(cast.bob, team=cast.team)
    places = f"/conversations/{conversation.pk}/", f"/conversations/{conversation.pk}/audience/"
    chat, panel = (shown(place, enter(cast.rita)) for place in places)
    assert " data-shared" not in chat
    assert " data-sharable" not in chat
    assert "one of these links" not in panel
    share(cast.bob, conversation, pass_phrase=PHRASE)
    chat, panel = (shown(place, enter(cast.rita)) for place in places)
    assert " data-shared" in chat
    assert "one of these links" in panel
    assert "with a pass phrase" in panel
    assert 'name="share"' not in panel
    assert 'name="share"' in shown(places[1], enter(cast.bob))


def test_those_who_read_it_hear_of_links_and_outsiders_do_not(cast: Cast, connect: Callable[..., Socket]) -> None:
    conversation = talk(cast.bob, team=cast.team)
    rita, carol = connect(cast.rita), connect(cast.carol)
    made, _ = share(cast.bob, conversation)
    assert rita.event("conversation.updated")["shared"] is True
    actions.revoke_share(cast.bob, made.pk)
    assert rita.event("conversation.updated")["shared"] is False
    assert carol.settle() == []


# --- A copy ----------------------------------------------------------------------------------------------------------


def test_somebody_with_an_account_goes_on_from_it(cast: Cast) -> None:
    conversation = talk(cast.bob, system_prompt="A secret prompt", parameters={"temperature": 1})
    file = attach(conversation, cast.bob)
    Message.objects.filter(role="assistant").update(cost=5, input_tokens=7, error_text="vendor's words")
    _, path = share(cast.bob, conversation)
    carol = enter(cast.carol)
    assert carol.get(f"{path}copy/", follow=True).redirect_chain == [("/shares/copy/", 302)]
    page = shown("/shares/copy/", carol)
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    answers = [carol.post("/shares/copy/", {"key": key[1]}) for _ in range(2)]
    copied = Conversation.objects.get(owner=cast.carol)
    assert {answer.headers["Location"] for answer in answers} == {f"/conversations/{copied.pk}/"}
    assert (copied.title, copied.team, copied.system_prompt, copied.parameters) == ("A plan", None, "", {})
    mine = Api(cast.carol)
    told = mine.get(f"/conversations/{copied.pk}/messages")["results"]
    assert [message["text"] for message in told] == ["How **far** is it?", "Not *far*."]
    assert told[1]["files"][0]["id"] == str(file.pk)
    assert told[1]["usage"] == dict.fromkeys(told[1]["usage"])
    assert "vendor's words" not in str(told)
    assert carol.get(f"/api/v1/files/{file.pk}").content == b"what the file says"
    assert enter(cast.rita).get(f"/conversations/{copied.pk}/").status_code == 404
    assert conversation.messages.count() == 2


def test_who_signs_in_on_the_way_does_not_carry_the_secret_along(cast: Cast) -> None:
    _, path = share(cast.bob, talk(cast.bob))
    visitor = enter(None)
    followed = visitor.get(f"{path}copy/", follow=True)
    assert [place for place, _ in followed.redirect_chain] == ["/shares/copy/", "/accounts/login/?next=/shares/copy/"]
    visitor.post("/accounts/login/?next=/shares/copy/", {"login": "carol", "password": "a long enough passphrase"})
    assert "Make my copy" in shown("/shares/copy/", visitor)


def test_a_copy_without_a_link_is_not_there(cast: Cast) -> None:
    made, _ = share(cast.bob, talk(cast.bob))
    carol = enter(cast.carol)
    assert carol.get("/shares/copy/").status_code == carol.post("/shares/copy/", {"key": NOBODY}).status_code == 404
    actions.revoke_share(cast.bob, made.pk)
    with pytest.raises(NotFound):
        actions.copy_share(cast.carol, made.pk, "one")
