"""Share links: permission to make and revoke one, the dialog, and the copy of a person with an account."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest

from conversations import actions
from conversations.errors import NotFound, Refused
from conversations.models import Conversation, Message, Share, User
from tests.conftest import Cast
from tests.conversations.calling import NOBODY, Api, say
from tests.conversations.sharing import PHRASE, attach, is_gone, last, share, shown, talk
from tests.conversations.test_teams import enter
from tests.sockets import Socket

pytestmark = pytest.mark.usefixtures("static_files")


# --- Permission ----------------------------------------------------------------------------------------------------


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
    monkeypatch.setattr("conversations.actions.links.shares.MAX_OPEN", 1)
    conversation = talk(cast.bob)
    made, _ = share(cast.bob, conversation)
    with pytest.raises(Refused, match="revoke some"):
        share(cast.bob, conversation)
    actions.revoke_share(cast.bob, made.pk)
    share(cast.bob, conversation)


# --- The dialog ------------------------------------------------------------------------------------------------------


def test_the_dialog_says_what_the_link_would_show(cast: Cast) -> None:
    conversation = talk(cast.bob)
    place, bob = f"/conversations/{conversation.pk}/share/", enter(cast.bob)
    first = conversation.messages.order_by("id")[0]
    whole, beginning = shown(place, bob), shown(f"{place}?message={first.pk}", bob)
    assert "Messages: 2 · files: 0" in whole
    assert ">Not far.</blockquote>" in whole, "a reply's Markdown is not shown as such"
    assert "Messages: 1 · files: 0" in beginning
    assert ">How **far** is it?</blockquote>" in beginning, "a question is what somebody wrote"
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
    assert "Public links" not in panel
    share(cast.bob, conversation, pass_phrase=PHRASE)
    chat, panel = (shown(place, enter(cast.rita)) for place in places)
    assert " data-shared" in chat
    assert "Public links" in panel
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


def test_a_link_neither_moves_the_conversation_up_nor_makes_it_unread(cast: Cast) -> None:
    first, second = talk(cast.alice, team=cast.team), talk(cast.alice, team=cast.team)
    bob = Api(cast.bob)
    for conversation in (first, second):
        actions.mark_read(cast.bob, conversation.pk, conversation.revision)
    made, _ = share(cast.alice, first)
    actions.revoke_share(cast.alice, made.pk)
    listed = bob.get("/conversations")["results"]
    assert [(row["id"], row["unread"]) for row in listed] == [(str(second.pk), False), (str(first.pk), False)]


def test_a_pass_phrase_of_blanks_is_refused(cast: Cast) -> None:
    conversation = talk(cast.alice)
    for phrase in (" " * 9, "\u200b" * 9):
        fields = {"message": str(last(conversation).pk), "days": "7", "pass_phrase": phrase}
        response = enter(cast.alice).post(f"/conversations/{conversation.pk}/share/", fields)
        assert response.status_code == 422
        assert "needs letters or digits" in response.content.decode()
    assert not Share.objects.exists()
