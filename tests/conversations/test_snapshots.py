"""The page of a share link: its content, its audience, and the absence of everything else."""

import logging
import re
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from chatsite.logs.masking import WithoutQueryStrings
from conversations import actions
from conversations.accounts import rate_limits
from conversations.content import shared_pages
from conversations.files import storage
from conversations.files.response import POLICY
from conversations.markdown import growing
from conversations.models import Conversation, Message, Share
from tests.conftest import Cast
from tests.conversations.calling import NOBODY, say
from tests.conversations.sharing import PHRASE, answer, attach, bytes_of, content_of, is_gone, last, share, shown, talk
from tests.conversations.test_teams import enter

pytestmark = pytest.mark.usefixtures("static_files")

LINK = re.compile(r'value="http://127.0.0.1(/s/[^"]+)"')


# --- A06: the power of a link, and its limits ------------------------------------------------------------------------


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
    assert b"wrong, expired or revoked" in found[0].content
    assert not any(answer.cookies for answer in found)


def test_a06_guesses_are_counted(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MAX_BAD_LINKS", 3)
    monkeypatch.setattr(rate_limits, "_minute", lambda: 1)
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


# --- The page --------------------------------------------------------------------------------------------------------


def test_it_says_everything_without_a_script(cast: Cast) -> None:
    conversation = talk(cast.bob)
    question = say(conversation, "And <b>then</b>?", author=cast.bob, parent=last(conversation))
    thought = {"kind": "thought", "text": "*Hm*.", "seconds": 75.4}
    answer(
        conversation, question, "Cut", status="interrupted", error_code="cut_off", error_text="vendor's words",
        parts=[thought, {"kind": "text", "text": "Cut"}],
    )  # fmt: skip
    page = shown(share(cast.bob, conversation)[1])
    assert "How **far** is it?" in page, "what people write is shown as they wrote it"
    assert "Not <em>far</em>." in page
    assert "&lt;b&gt;then" in page
    assert ">Thought for 75 seconds</summary>" in page
    assert '<div class="thought__text"><p><em>Hm</em>.</p>' in page
    assert "broke off before the end" in page
    assert "vendor's words" not in page
    assert re.search(r"<time [^>]+>[^<]+UTC</time>", page)
    assert "Shared by bob" in page
    chinese = content_of(enter(None).get(share(cast.bob, conversation)[1], headers={"accept-language": "zh-hans"}))
    assert "由bob" in chinese
    assert ">思考了 75 秒</summary>" in chinese


def test_footnotes_and_their_words_lead_to_each_other(cast: Cast) -> None:
    conversation = talk(cast.bob)
    question = say(conversation, "And?", author=cast.bob, parent=last(conversation))
    reply = answer(conversation, question, "So[^1], so[^1], and not[^2].\n\n[^1]: Here.")
    page = shown(share(cast.bob, conversation)[1])
    note = f"footnote-{reply.pk}-1"
    assert page.count(f'<sup class="footnote" id="{note}-at"><a href="#{note}">1</a></sup>') == 1
    assert page.count(f'<sup class="footnote"><a href="#{note}">1</a></sup>') == 1
    assert page.count(f'<sup class="footnote" id="{note}"><a href="#{note}-at">1</a></sup> Here.') == 1
    assert '<sup class="footnote">2</sup>' in page, "its note is not there"


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
        with django_assert_max_num_queries(10):
            assert "Not <em>far</em>." in shown(path)


def test_a_long_one_comes_in_pages(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_pages, "MAX_MESSAGES", 5)
    conversation = talk(cast.bob)
    for number in range(1, 6):
        question = say(conversation, f"Question {number}", author=cast.bob, parent=last(conversation))
        answer(conversation, question, f"Answer **{number}**.")
    made, path = share(cast.bob, conversation)
    pages = [shown(f"{path}?page={number}") for number in (1, 2, 3)]
    found = [re.findall(r"Question \d|Answer <strong>\d", page) for page in pages]
    assert [len(each) for each in found] == [3, 5, 2]
    assert [*found[0], *found[1], *found[2]] == [
        each for number in range(1, 6) for each in (f"Question {number}", f"Answer <strong>{number}")
    ]
    assert "Page 2 of 3" in pages[1]
    assert re.findall(r'href="(\?page=\d)"', pages[1]) == ["?page=1", "?page=3"] * 2
    assert re.findall(r'href="(\?page=\d)"', pages[0]) == ["?page=2"]
    for other in ("", "?page=0", "?page=4", "?page=-1", "?page=x", "?page=²", "?page=" + "9" * 5_000):
        assert found[0] == re.findall(r"Question \d|Answer <strong>\d", shown(path + other))
    made.refresh_from_db()
    assert made.views == 1, "a further page is the same look"


def test_a_page_has_so_many_characters_and_a_larger_message_is_its_own(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = talk(cast.bob)
    for number in range(3):
        question = say(conversation, f"Question {number}", author=cast.bob, parent=last(conversation))
        answer(conversation, question, "word " * 200)
    monkeypatch.setattr(shared_pages, "MAX_CHARACTERS", 1_000)
    path = share(cast.bob, conversation)[1]
    assert "Page 1 of 6" in shown(path)
    assert "Question 2" in shown(f"{path}?page=5")


def test_it_is_one_stream_however_many_pieces(cast: Cast) -> None:
    """Chromium reads the first of several gzip streams and no more."""
    path = share(cast.bob, talk(cast.bob))[1]
    response = enter(None).get(path, headers={"accept-encoding": "br, gzip;q=0.8"})
    assert response.headers["Content-Encoding"] == "gzip"
    stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    assert stream.decompress(bytes_of(response)).decode().rstrip().endswith("</html>")
    assert stream.eof
    assert stream.unused_data == b""
    for refused in ("", "br", "gzip;q=0", "gzip; q=0.0, br"):
        assert enter(None).get(path, headers={"accept-encoding": refused}).headers["Content-Encoding"] == "identity"


def test_what_is_stored_is_shown_and_nothing_rendered(cast: Cast) -> None:
    path = share(cast.bob, talk(cast.bob))[1]
    with growing.child._turn(5):
        page = shown(path)
    assert "Not <em>far</em>." in page
    assert "Not *far*." not in page, "scripts copy the source; here are none"


def test_an_address_is_shown_so_many_pages_a_minute(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MAX_SNAPSHOTS", 2)
    monkeypatch.setattr(rate_limits, "_shown", rate_limits._Minute())
    monkeypatch.setattr(rate_limits, "_minute", lambda: 1)
    path = share(cast.bob, talk(cast.bob))[1]
    assert [enter(None).get(path).status_code for _ in range(3)] == [200, 200, 429]


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
    monkeypatch.setattr(rate_limits, "MAX_PASS_PHRASES", 3)
    monkeypatch.setattr(rate_limits, "MAX_PASS_PHRASES_OF_LINK", 5)
    monkeypatch.setattr(rate_limits, "_minute", lambda: 1)
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


def test_the_files_of_the_snapshot_and_no_others(cast: Cast) -> None:
    conversation = talk(cast.bob)
    file = attach(conversation, cast.bob)
    _, path = share(cast.bob, conversation)
    later = say(conversation, "More", author=cast.bob, parent=last(conversation))
    more = attach(conversation, cast.bob, "later.txt")
    assert more in later.files.all()
    unsent = storage.receive(cast.bob, "unsent.txt", b"draft")
    foreign = attach(talk(cast.bob), cast.bob, "foreign.txt")
    assert f'href="files/{file.pk}/"' in shown(path)
    assert "notes.txt" in shown(path)
    given = enter(None).get(f"{path}files/{file.pk}/")
    assert given.content == b"what the file says"
    assert given.headers["Content-Security-Policy"] == POLICY
    assert given.headers["Referrer-Policy"] == "no-referrer"
    for other in (more, unsent, foreign):
        assert is_gone(f"{path}files/{other.pk}/")
    assert is_gone(f"/s/{'x' * 43}/files/{file.pk}/")
    assert enter(None).get(f"/api/v1/files/{file.pk}").status_code == 401
