"""Kept prompts: whose they are, who publishes them, how they are found, and what a question says of its prompt."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from conversations import actions
from conversations.errors import Refused
from conversations.exports import thread_json
from conversations.exports.branch import tree_ids
from conversations.imports.prompts import reading
from conversations.models import Conversation, Message, Prompt, PromptVersion, User
from conversations.models.prompts import version as versions
from conversations.models.prompts.initials import initials
from conversations.protocol.prompts import Place, checked
from conversations.usage import quotas
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.calling import Api
from tests.sockets import Socket

pytestmark = pytest.mark.usefixtures("static_files")
OWN = Place()


def at_home(person: User) -> Client:
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(person)
    return client


def keep(person: User, name: str, text: str = "Words", place: Place = OWN) -> Prompt:
    return actions.create_prompt(person, place, checked(name, text))


def names(person: User, words: str) -> list[str]:
    return [prompt.name for prompt in Prompt.objects.visible_to(person).found_by(words).listed(words)]


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("周报总结", "zbzj"),
        ("SQL 优化", "sqlyh"),
        ("会议纪要（短）", "hyjyd"),
        ("啊坐", "az"),
        ("翻译", "fy"),
        ("鑫 é", ""),
    ],
)
def test_a_name_has_the_first_letters_of_its_syllables(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_prompts_are_found_by_name_words_and_letters_and_names_come_first(cast: Cast) -> None:
    for name, text in (("翻译", "Into English"), ("Weekly report", "Sum up the week"), ("Sum", "Add them")):
        keep(cast.bob, name, text)
    assert names(cast.bob, "fy") == ["翻译"]
    assert names(cast.bob, "sum") == ["Sum", "Weekly report"]
    assert names(cast.bob, "week the") == ["Weekly report"]
    assert names(cast.bob, "") == ["Sum", "Weekly report", "翻译"]
    assert names(cast.alice, "sum") == []


def test_a_search_looks_for_so_many_words_in_every_text(cast: Cast) -> None:
    keep(cast.bob, "Numbers", " ".join(map(str, range(10, 22))))
    words = [*map(str, range(10, 22)), "10", "11"]
    assert names(cast.bob, " ".join(words)) == ["Numbers"]
    asked = str(Prompt.objects.found_by(" ".join(map(str, range(100, 140)))).query)
    assert asked.count("LIKE") == 2 * 12 + 1


def test_variables_are_those_of_the_text_in_its_order() -> None:
    given = [
        {"name": "tone", "type": "choice", "choices": ["dry", "dry", " ", "warm"], "default": "warm"},
        {"name": "gone", "type": "number"},
    ]
    words = checked("Letter", "To {{ who }} in a {{tone}} tone; {{who}}. {{ not | this }} {{a:b}} {{}}", given)
    assert words.variables == [
        {"name": "who", "type": "text", "default": "", "choices": []},
        {"name": "tone", "type": "choice", "default": "warm", "choices": ["dry", "warm"]},
    ]


@pytest.mark.parametrize("name", ["a\tb", "a\x1cb", "\u202eabc"])
def test_a_name_that_no_form_could_fill_in_is_no_variable(name: str) -> None:
    assert checked("Spoof", f"{{{{{name}}}}} {{{{city}}}}").variables == [
        {"name": "city", "type": "text", "default": "", "choices": []}
    ]


@pytest.mark.parametrize(
    ("name", "text", "variables", "code"),
    [
        (" ", "Words", [], "bad_text"),
        ("Name", " \n", [], "bad_text"),
        ("n" * 121, "Words", [], "too_long"),
        ("Name", "w" * 20_001, [], "too_long"),
        ("Name", "".join(f"{{{{v{number}}}}}" for number in range(21)), [], "too_long"),
        ("Name", "{{a}}", [{"name": "a", "type": "colour"}], "bad_field"),
        ("Name", "{{a}}", [{"name": "a", "type": "choice", "choices": ["x"] * 51}], "bad_field"),
        ("Name", "{{a}}", [3], "bad_field"),
    ],
)
def test_what_is_no_prompt_is_refused(name: str, text: str, variables: list[Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(name, text, variables)
    assert refused.value.code == code


def test_members_propose_leads_publish_and_a_team_may_say_otherwise(cast: Cast) -> None:
    team, bob, alice = Place("team", cast.team.pk), Api(cast.bob), Api(cast.alice)
    scope = {"kind": "team", "team": str(cast.team.pk)}
    status, made = bob.call("POST", "/prompts", {"name": "Plan", "text": "Plan {{what}}", "scope": scope})
    assert (status, made["version"], made["scope"]["team"]["name"]) == (202, 0, "Crew")
    assert bob.get("/prompts")["results"] == [], "nobody uses it before it is published"
    path = f"/prompts/{made['id']}"
    proposal = PromptVersion.objects.get()
    actions.publish_proposal(cast.alice, proposal.prompt_id, proposal.pk)
    assert [row["version"] for row in Api(cast.rita).get("/prompts?q=plan")["results"]] == [1]
    assert Prompt.objects.get().updated_by == cast.bob, "it stays the words of whoever proposed them"
    status, shown = bob.call("PATCH", path, {"text": "Plan {{what}} well"})
    assert (status, shown["text"]) == (202, "Plan {{what}}")
    bob.call("PATCH", path, {"text": "Plan {{what}} better"})
    (better,) = PromptVersion.objects.proposed()
    assert better.text == "Plan {{what}} better", "a person has one proposal"
    actions.decline_proposal(cast.alice, better.prompt_id, better.pk)
    assert alice.get(path)["text"] == "Plan {{what}}"
    assert bob.refusal("DELETE", path) == (404, "not_found")
    at_home(cast.alice).post(reverse("team-prompts", args=[cast.team.pk]), {"members_publish": "yes"})
    assert bob.call("PATCH", path, {"text": "Plan {{what}} at once"})[0] == 200
    assert keep(cast.bob, "Retro", place=team).version == 1
    assert Api(cast.rita).refusal("PATCH", path, {"text": "No"}) == (404, "not_found")
    audit = at_home(cast.alice).get(reverse("team-audit", args=[cast.team.pk])).content.decode()
    assert "Plan" in audit


def test_a_project_has_prompts_for_those_who_may_read_it(cast: Cast) -> None:
    project = actions.create_project(cast.alice, cast.team, name="Harbour")
    scope = {"kind": "project", "project": str(project.pk)}
    status, made = Api(cast.bob).call("POST", "/prompts", {"name": "Tide", "text": "When?", "scope": scope})
    assert (status, made["scope"]["project"]["name"]) == (202, "Harbour"), "members propose here, too"
    (proposal,) = PromptVersion.objects.proposed()
    actions.publish_proposal(cast.alice, proposal.prompt_id, proposal.pk)
    for person, seen in ((cast.rita, ["Tide"]), (cast.carol, [])):
        assert [row["name"] for row in Api(person).get(f"/prompts?project={project.pk}")["results"]] == seen
    page = at_home(cast.alice).post(
        reverse("new-prompt"), {"name": "Ebb", "text": "And then?", "scope": f"project:{project.pk}"}
    )
    assert page.status_code == 302
    assert Prompt.objects.get(name="Ebb").project == project
    own = actions.create_project(cast.bob, name="Garden")
    assert keep(cast.bob, "Seeds", place=Place("project", project=own.pk)).version == 1
    actions.delete_project(cast.bob, own.pk)
    assert not Prompt.objects.filter(name="Seeds").exists()


def test_versions_are_kept_compared_and_restored(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    prompt, browser = keep(cast.bob, "Haiku", "Write a haiku about rain."), at_home(cast.bob)
    page = reverse("prompt", args=[prompt.pk])
    given = {"name": "Haiku", "text": "Write a haiku about snow.", "version": "1"}
    assert browser.post(page, given).status_code == 302
    late = browser.post(page, {**given, "text": "Write a limerick."})
    assert (late.status_code, "Write a limerick." in late.content.decode()) == (422, True), "nothing is lost"
    shown = browser.get(reverse("prompt-version", args=[prompt.pk, 2])).content.decode()
    assert "<del>rain</del>" in shown
    assert "<ins>snow</ins>" in shown
    browser.post(reverse("restore-prompt", args=[prompt.pk, 1]))
    prompt.refresh_from_db()
    assert (prompt.version, prompt.text) == (3, "Write a haiku about rain.")
    monkeypatch.setattr(versions, "MAX_VERSIONS", 2)
    actions.change_prompt(cast.bob, prompt.pk, checked("Haiku", "Write two."))
    assert sorted(prompt.versions.values_list("number", flat=True)) == [3, 4]


def test_places_have_limits_and_a_refused_prompt_writes_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "MAX_PROMPTS", 1)
    bob = Api(cast.bob)
    keep(cast.bob, "First")
    assert bob.refusal("POST", "/prompts", {"name": "Second", "text": "Words"}) == (429, "busy")
    monkeypatch.setattr(quotas, "MAX_PROMPT_CHARACTERS", 8)
    path = f"/prompts/{Prompt.objects.get().pk}"
    assert bob.refusal("PATCH", path, {"text": "Four"}) == (413, "no_room")
    page = at_home(cast.bob).post(reverse("new-prompt"), {"name": "Second", "text": "Long words", "scope": "own"})
    assert (page.status_code, "Long words" in page.content.decode()) == (422, True)
    assert Prompt.objects.count() == PromptVersion.objects.count() == 1


def test_a_question_says_from_which_prompt_it_came(
    cast: Cast, connect: Callable[..., Socket], model: LanguageModel
) -> None:
    prompt = keep(cast.bob, "Plan", place=OWN)
    bob = connect(cast.bob)
    source = {"id": str(prompt.pk), "version": 1}
    sent = bob.ask("message.send", conversation=None, text="Words", prompt=source)
    told = {**source, "name": "Plan"}
    assert Message.objects.get(pk=sent["message"]).prompt == told
    listed = Api(cast.bob).get(f"/conversations/{sent['conversation']}/messages")["results"]
    assert [row.get("prompt") for row in listed] == [told, None]
    taken = Conversation.objects.get(pk=sent["conversation"])
    written = b"".join(thread_json.pieces(cast.bob, taken, None, tree_ids(taken), thread_json.Data()))
    assert [row.get("prompt") for row in json.loads(written)["messages"]] == [told, None]
    actions.delete_prompt(cast.bob, prompt.pk)
    assert Message.objects.get(pk=sent["message"]).prompt == told, "what was said stays as it was said"


def read(value: object) -> reading.ReadPrompts:
    return reading.read(json.dumps(value).encode())


def test_prompts_of_open_webui_and_librechat_come_in_with_their_variables() -> None:
    (found,) = read(
        [
            {
                "command": "/mail",
                "title": "Mail",
                "content": 'To {{who}}: {{tone | select:options=["dry", "so, so"]:default="dry"}} {{body|textarea}}',
                "access_control": {},
            },
            {"command": "/empty", "title": "Empty", "content": " "},
        ]
    ).prompts
    assert (found.name, found.text) == ("Mail", "To {{who}}: {{tone}} {{body}}")
    assert [(one["name"], one["type"], one["default"], one["choices"]) for one in found.variables] == [
        ("who", "text", "", []),
        ("tone", "choice", "dry", ["dry", "so, so"]),
        ("body", "paragraph", "", []),
    ]
    group = {"name": "Translate", "productionPrompt": {"prompt": "Into {{language:French | German}}: {{text}}"}}
    for listed in ([group], {"promptGroups": [group], "pages": "1"}):
        (found,) = read(listed).prompts
        assert (found.name, found.text) == ("Translate", "Into {{language}}: {{text}}")
        assert found.variables[0]["choices"] == ["French", "German"]


def test_what_is_exported_comes_in_elsewhere_and_no_second_time(cast: Cast) -> None:
    described = [{"name": "语言", "type": "choice", "choices": ["英文"], "default": "英文"}]
    actions.create_prompt(cast.bob, OWN, checked("翻译", "翻译成{{语言}}", described))
    answer = at_home(cast.bob).get("/api/v1/prompts/export")
    assert "attachment" in answer.headers["Content-Disposition"]
    for imported in (1, 0):
        carol = at_home(cast.carol).post(
            "/api/v1/prompts/import", {"file": SimpleUploadedFile("prompts.json", answer.content)}
        )
        assert carol.json() == {"found": 1, "imported": imported, "refused": []}
    (come,) = Prompt.objects.filter(owner=cast.carol)
    assert come.words() == Prompt.objects.get(owner=cast.bob).words()


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe", b"[", b"[" * 5_000, b"{}", b'[{"a": 1}]', b'"text"', b"[" + b"{}," * 100_001 + b"{}]", b"[NaN]"],
)
def test_what_is_no_file_of_prompts_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        reading.read(data)
    assert refused.value.code == "bad_field"


def test_a_page_tells_what_of_a_file_did_not_come(cast: Cast) -> None:
    long = {"command": "l", "title": "Long", "content": "w" * 20_001}
    file = json.dumps([long, {"command": "s", "title": "Short", "content": "Words"}]).encode()
    given = {"scope": str(cast.team.pk), "file": SimpleUploadedFile("p.json", file)}
    shown = at_home(cast.bob).post(reverse("import-prompts"), given, follow=True).content.decode()
    assert "New prompts: 1." in shown
    assert "too long or have no text: Long" in shown
    assert Prompt.objects.get().version == 0, "a member proposes what comes into a team"
    file = SimpleUploadedFile("p.json", b"no prompts")
    shown = at_home(cast.bob).post(reverse("import-prompts"), {"scope": "own", "file": file}, follow=True)
    assert "This file holds no prompts of Chatsite" in shown.content.decode()


@pytest.mark.parametrize("choices", [{"a": 1}, 5, True, 1.5, "abc", [None], [[]], [{}]])
def test_choices_of_any_type_in_a_file_are_no_fault_of_ours(choices: object) -> None:
    variable = {"name": "a", "type": "choice", "choices": choices}
    told = read({"format": "chatsite-prompts", "version": 1, "prompts": [_prompt(variable)]})
    assert [one["choices"] for one in told.prompts[0].variables] == [[]]


def _prompt(variable: dict[str, Any]) -> dict[str, Any]:
    return {"name": "Hostile", "text": "{{a}}", "variables": [variable]}


def test_choices_that_are_nested_too_deep_are_none() -> None:
    told = read([{"command": "/deep", "content": "{{a | select:options=" + "[" * 3000 + "]}}"}])
    assert [one["choices"] for one in told.prompts[0].variables] == [[]]


def test_a_name_with_doubled_blanks_and_a_long_one_come_in_no_second_time(cast: Cast) -> None:
    for name in ("Two  blanks", "长" * 120):
        actions.create_prompt(cast.bob, OWN, checked(name, "Words {{a}}", []))
    file = at_home(cast.bob).get("/api/v1/prompts/export").content
    told = reading.read(file)
    assert actions.import_prompts(cast.bob, OWN, told.prompts) == []
    assert {one.name for one in told.prompts} == {"Two  blanks", "长" * 120}
    for encoding in ("utf-16", "utf-16-le", "utf-8-sig", "utf-32"):
        assert reading.read(file.decode().encode(encoding)) == told


def test_variables_count_where_prompts_have_no_more_room(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    choice = {"type": "choice", "choices": [f"{number:0200}" for number in range(40)]}
    words = checked("Wide", "{{a}}{{b}}", [{"name": name, **choice} for name in "ab"])
    assert words.size == 10 + 2 + 2 * 40 * 200
    with pytest.raises(Refused) as refused:
        checked("Wide", "{{a}}{{b}}{{c}}", [{"name": name, **choice} for name in "abc"])
    assert (refused.value.code, refused.value.field) == ("too_long", "choices")
    monkeypatch.setattr(quotas, "MAX_PROMPT_CHARACTERS", 20_000)
    kept = actions.create_prompt(cast.bob, OWN, words)
    with pytest.raises(Refused, match="together"):
        actions.change_prompt(cast.bob, kept.pk, checked("Wider", "{{a}}{{b}}", words.variables))


@pytest.mark.parametrize(
    ("kind", "default", "is_kept"),
    [
        *(("number", given, True) for given in ("", "3.5", "-1e9", "0")),
        *(("number", given, False) for given in ("3,5", "abc", "１２", "NaN", "0x1")),
        *(("date", given, given[:2] == "20") for given in ("2026-12-31", "31.12.2026", "today")),
        *((kind, "3,5", True) for kind in ("text", "paragraph")),
    ],
)
def test_a_default_that_its_field_cannot_show_is_refused_or_left_out_of_a_file(
    kind: str, default: str, is_kept: bool
) -> None:
    variable = {"name": "a", "type": kind, "default": default}
    told = read({"format": "chatsite-prompts", "version": 1, "prompts": [_prompt(variable)]})
    assert told.prompts[0].variables[0]["default"] == (default if is_kept else "")
    if is_kept:
        assert checked("Name", "{{a}}", [variable]).variables[0]["default"] == default
        return
    with pytest.raises(Refused) as refused:
        checked("Name", "{{a}}", [variable])
    assert (refused.value.code, refused.value.field) == ("bad_field", "default")


def test_a_place_and_a_name_are_said_or_refused(cast: Cast) -> None:
    api = Api(cast.bob)
    for kind in ("team", "project"):
        told = {"name": "A", "text": "a", "scope": {"kind": kind}}
        assert api.refusal("POST", "/prompts", told) == (400, "bad_field")
    kept = actions.create_prompt(cast.bob, OWN, checked("A", "a"))
    for field in ("name", "text"):
        assert api.refusal("PATCH", f"/prompts/{kept.pk}", {field: ""}) == (400, "bad_text")
