"""Conversations as files: the words of the branch, what stands beside them, and nothing that runs or is fetched."""

import base64
import io
import json
import re
import zipfile
from collections.abc import Callable, Generator
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from PIL import Image

from conversations.exports import archive, markdown_text, thread_json, web_page
from conversations.exports.branch import branch_ids, messages, tree_ids
from conversations.exports.file_names import file_name
from conversations.exports.word import child
from conversations.exports.word import pieces as word
from conversations.files import storage
from conversations.models import Conversation, Membership, Team, User
from tests.conftest import PASSWORD
from tests.conversations.calling import say
from tests.conversations.sharing import answer, bytes_of, last

WORDS = """# 标题

- 甲
- 乙 **重**

| a | b |
| - | - |
| 1 | 中文 |

```python
print("<b>")
```

$\\sum_{i=1}^n \\frac{a_i}{\\sqrt 2}$ and <script>alert(1)</script>
"""
HOSTILE = "</style><script>alert(1)</script>"


@pytest.fixture
def talk(db: None, static_files: None) -> Conversation:
    """Return a conversation with two versions of a reply, a picture, thoughts and hostile words."""
    alice = User.objects.create_user("alice", password=PASSWORD)
    talk = Conversation.objects.create(owner=alice, title=f"旅行 plan {HOSTILE}")
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(drawn, "PNG")
    picture = storage.store(alice, f"red{HOSTILE}.png", "image/png", drawn.getvalue())
    asked = [storage.part_of(picture), {"kind": "text", "text": f"How far? {HOSTILE}"}]
    question = say(talk, f"How far? {HOSTILE}", author=alice, parts=asked)
    storage.attach(question, [picture])
    answer(talk, question, "Another version.")
    answer(talk, question, WORDS)
    reply = last(talk)
    reply.parts = [{"kind": "thought", "text": "Let *me* see."}, *reply.parts]
    reply.save()
    return talk


def joined(pieces: Generator[bytes]) -> str:
    return b"".join(pieces).decode()


def test_markdown_is_what_was_written(talk: Conversation) -> None:
    text = joined(markdown_text.pieces(talk, branch_ids(last(talk).pk)))
    assert WORDS.strip() in text
    assert "> Let *me* see." in text
    assert "## alice · 20" in text
    assert "Another version." not in text


@pytest.mark.parametrize(
    ("said", "mark"),
    [
        ("```python\nx = 1\n", "```"),
        ("~~~~\n```\n~~~\n", "~~~~"),
        ("```\na\n```\n`````md\n```\n", "`````"),
        ("```\n```js\n", "```"),
        ("```\na\n```", ""),
        ("```a``` and ``", ""),
    ],
)
def test_code_that_was_cut_off_swallows_nothing_that_follows(talk: Conversation, said: str, mark: str) -> None:
    answer(talk, last(talk), said)
    text = joined(markdown_text.pieces(talk, branch_ids(last(talk).pk)))
    assert text.endswith(f"UTC\n\n{said.rstrip()}\n{mark}".rstrip() + "\n")


def test_a_web_page_shows_the_conversation_and_neither_runs_nor_fetches_anything(talk: Conversation) -> None:
    page = joined(web_page.pieces(talk, branch_ids(last(talk).pk)))
    assert "<h1" in page
    assert "中文" in page
    assert "<math" in page
    assert "Let <em>me</em> see." in page
    assert 'src="data:image/png;base64,' in page
    assert not re.search(r"<script|<link|@import|\son\w+=|\bsrc=\"(?!data:)|url\((?!#)", page)
    assert "default-src 'none'" in page
    assert ".message" in page.partition("</style>")[0], "the sheet of the site is inside"


def test_a_web_page_never_holds_a_whole_picture_in_memory(talk: Conversation) -> None:
    """Pictures of 25 MB each are sent piece by piece, and the page has every byte of them."""
    file = talk.messages.exclude(files=None).get().files.get()
    file.path.write_bytes(bytes(range(256)) * 8_000)
    pieces = list(web_page.pieces(talk, branch_ids(last(talk).pk)))
    assert max(map(len, pieces)) < 500_000
    [inside] = re.findall(rb'src="data:image/png;base64,([^"]+)"', b"".join(pieces))
    assert base64.b64decode(inside) == file.path.read_bytes()


def test_json_holds_every_branch_with_files_and_authors(talk: Conversation) -> None:
    written = json.loads(joined(thread_json.pieces(talk.owner, talk, None, tree_ids(talk), thread_json.Data())))
    assert [message["author"] for message in written["messages"]] == ["alice", None, None]
    assert written["messages"][1]["parent"] == written["messages"][2]["parent"] == written["messages"][0]["id"]
    assert written["messages"][2]["text"] == WORDS
    assert written["messages"][0]["files"][0]["data"].startswith("iVBOR")


def test_a_word_document_has_headings_tables_code_pictures_and_real_formulas(talk: Conversation) -> None:
    written = b"".join(child.document(talk.owner.pk, word.lines(talk, branch_ids(last(talk).pk))))
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        xml = archive.read("word/document.xml").decode()
        assert any(name.startswith("word/media/") for name in archive.namelist())
    ElementTree.fromstring(xml)
    for part in (
        "标题",
        "<w:tbl>",
        "中文",
        "m:nary",
        "m:f>",
        "m:rad",
        'w:val="Code"',
        "print(&quot;&lt;b&gt;&quot;)",
        "<w:i/>",
        " see.",
    ):
        assert part.replace("&quot;", '"') in xml, part


def test_a_word_document_has_wide_tables_and_addresses_that_xml_cannot_hold(talk: Conversation) -> None:
    wide = "|".join(f"cell{number}" for number in range(70))
    reply = last(talk)
    reply.parts = [
        {"kind": "text", "text": f"|{wide}|\n|{'-|' * 70}\n"},
        {"kind": "citation", "sources": [{"uri": "https://example.org/\x01中", "title": "\x02"}], "supports": []},
    ]
    reply.text, reply.html_version = str(reply.parts[0]["text"]), 0
    reply.save()
    written = b"".join(child.document(talk.owner.pk, word.lines(talk, branch_ids(reply.pk))))
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        assert "cell69" in archive.read("word/document.xml").decode()
        assert "https://example.org/%01%E4%B8%AD" in archive.read("word/_rels/document.xml.rels").decode()


def test_hostile_sources_lead_nowhere_in_any_form(talk: Conversation) -> None:
    reply = last(talk)
    sources = [
        {"uri": "javascript:alert(1)", "title": "Evil"},
        {"uri": "https://e.example/?a=1>b)[x](javascript:y)", "title": "](javascript:z) <img src=x onerror=w>"},
    ]
    supports = [{"start": 0, "end": 10**9, "sources": [0, 1, 7]}, {"start": -5, "end": -1, "sources": [1]}]
    cited = {"kind": "citation", "sources": sources, "supports": supports}
    reply.parts = [{"kind": "text", "text": "茶是绿色的。"}, cited]
    reply.text, reply.html_version = "茶是绿色的。", 0
    reply.save()
    ids = branch_ids(reply.pk)
    text, page = joined(markdown_text.pieces(talk, ids)), joined(web_page.pieces(talk, ids))
    assert "1. [\\](javascript:z) \\<img src=x onerror=w\\>](<https://e.example/?a=1%3Eb)[x](javascript:y)>)" in text
    assert re.findall(r'href="(javascript[^"]*)', page) == []
    assert "<img src=x" not in page
    assert "茶是绿色的。" in page
    assert "Evil" not in text + page
    written = b"".join(child.document(talk.owner.pk, word.lines(talk, ids)))
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        rels = archive.read("word/_rels/document.xml.rels").decode()
    assert re.findall('Target="(javascript[^"]*)', rels) == []
    assert "https://e.example/" in rels


def test_a_summary_stands_at_its_place_with_its_author(talk: Conversation) -> None:
    message, words = talk.messages.order_by("id")[0], "We agreed on *blue*.\n\n```\nx = 1"
    summary = talk.summaries.create(message=message, text=words, status="ready", model_name="parrot", version=2)
    summary.versions.create(number=1, text="By the model.", is_by_model=True)
    summary.versions.create(number=2, text=words, author=talk.owner)
    ids = branch_ids(last(talk).pk)
    text = joined(markdown_text.pieces(talk, ids))
    assert "> **Summary of what is above, as models are told it · alice · " in text
    assert "> We agreed on *blue*.\n>\n> ```\n> x = 1\n> ```\n" in text
    assert text.index("We agreed") < text.index("## ", text.index("## ") + 1), "below the message that it ends with"
    page = joined(web_page.pieces(talk, ids))
    assert re.search(r"Summary of what is above, as models are told it · alice · [^<]*</h2><p [^>]*>We agreed on", page)
    written = b"".join(child.document(talk.owner.pk, word.lines(talk, ids)))
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        xml = archive.read("word/document.xml").decode()
    assert "Summary of what is above" in xml
    assert "We agreed on *blue*." in xml
    assert not any("By the model." in form for form in (text, page, xml)), "the newest version counts"


def test_a_long_branch_is_read_in_batches(
    talk: Conversation, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for number in range(250):
        say(talk, f"word {number}", parent=last(talk), author=talk.owner)
    with django_assert_max_num_queries(17):
        found = [message.text for message in messages(branch_ids(last(talk).pk)) if message.author_name]
    assert found[-1] == "word 249"
    assert len(found) == 251


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Trip to Paris", "Trip to Paris.md"),
        ("../../etc/passwd\r\n", "etc passwd.md"),
        ("中文：标题?", "中文：标题.md"),
        ("CON", "conversation.md"),
        (" . ", "conversation.md"),
        ("a\u202egnp.exe", "a gnp.exe.md"),
    ],
)
def test_names_are_recognised_and_safe(title: str, name: str) -> None:
    assert file_name(title, ".md") == name


def test_the_answer_is_an_attachment_of_that_name(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Conversation.objects.create(owner=cast.bob, title="旅行 plan")
    say(talk, "Hi", author=cast.bob)
    client = Client()
    client.force_login(cast.bob)
    place = f"/api/v1/conversations/{talk.pk}/export"
    answered = client.get(f"{place}?format=markdown")
    assert "filename*=utf-8''%E6%97%85%E8%A1%8C%20plan.md" in answered.headers["Content-Disposition"]
    assert b"Hi" in bytes_of(answered)
    assert client.get(f"{place}?format=pdf").status_code == 400
    with child._turn_of(cast.bob.pk):
        refused = client.get(f"{place}?format=docx")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "busy")
    monkeypatch.setattr("subprocess.run", lambda *_, **__: SimpleNamespace(returncode=1))
    assert client.get(f"{place}?format=docx").status_code == 503, "said, instead of a download that breaks off"


def test_a_zip_has_every_conversation_of_mine_once_with_its_files_and_nothing_of_others(talk: Conversation) -> None:
    alice = talk.owner
    other = Conversation.objects.create(owner=User.objects.create_user("bob", password=PASSWORD), title="Secret")
    say(other, "secret", author=other.owner)
    for _ in range(2):  # of one title
        say(Conversation.objects.create(owner=alice, title="Same"), "Hi", author=alice)
    written = b"".join(archive.pieces(alice, archive.begun_by(alice)))
    assert b"ecret" not in written
    with zipfile.ZipFile(io.BytesIO(written)) as found:
        assert found.testzip() is None
        names = found.namelist()
        assert len([name for name in names if name.endswith(".json")]) == 4, "three, and the manifest"
        [path] = [name for name in names if name.startswith("files/")]
        assert found.read(path).startswith(b"\x89PNG")
        told = [json.loads(found.read(name)) for name in names if name.endswith(".json") and "旅行" in name]
        assert told[0]["messages"][0]["files"][0]["path"] == path
        assert not any(name.startswith("/") or ".." in name for name in names)


def test_what_one_may_read_no_more_is_in_no_zip(talk: Conversation) -> None:
    alice, crew = talk.owner, Team.objects.create(name="Crew")
    place = Membership.objects.create(team=crew, user=alice, role="lead")
    shared = Conversation.objects.create(owner=alice, team=crew, title="Ours")
    keys = archive.begun_by(alice)
    assert set(keys) == {talk.pk, shared.pk}
    assert archive.of_team(alice, crew) == [shared.pk]
    place.delete()
    assert archive.begun_by(alice) == [talk.pk]
    assert archive.of_team(alice, crew) == []
    assert not any("Ours" in name for name in names_in(archive.pieces(alice, keys)))


def names_in(pieces: Generator[bytes]) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(b"".join(pieces))).namelist()


def test_what_is_lost_meanwhile_is_not_in_the_zip(talk: Conversation) -> None:
    keys = archive.begun_by(talk.owner)
    talk.delete()
    assert names_in(archive.pieces(talk.owner, keys)) == [archive.MANIFEST]
