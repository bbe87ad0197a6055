"""Assistants by the HTTP API, and taken along as a file: who may, what comes back, and what a file may not hold."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from conversations.actions.assistants import files
from conversations.errors import NotFound, Refused
from conversations.files import storage
from conversations.imports.assistants import reading
from conversations.imports.prompts.reading import MAX_BYTES
from conversations.models import Assistant
from conversations.protocol.prompts import Place
from providers.models import LanguageModel
from tests.conftest import Cast, serve
from tests.conversations.calling import Api
from tests.conversations.test_assistants import make
from tests.fake_vendor import FakeVendor

pytestmark = pytest.mark.usefixtures("static_files")
FORMAT = {"format": "chatsite-assistants", "version": 1}


def read(raw: object) -> reading.ReadAssistants:
    return reading.read(json.dumps(raw).encode())


def bring(api: Api, data: bytes, query: str = "") -> Any:
    file = SimpleUploadedFile("assistants.json", data)
    return api.client.post(f"/api/v1/assistants/import{query}", {"file": file}).json()


def test_an_assistant_is_made_read_changed_and_deleted(cast: Cast, model: LanguageModel, vendor: FakeVendor) -> None:
    api, secret = Api(cast.alice), serve(vendor, "openai", "codename-otter")
    secret.teams.add(cast.team)
    told = {"name": "Mason", "symbol": "🧱", "models": [str(secret.pk), str(model.pk)], "starters": ["Stone?", " "]}
    status, made = api.call("POST", "/assistants", {**told, "scope": {"kind": "site"}, "parameters": {"seed": 7}})
    assert status == 201, made
    assert made["scope"] == {"kind": "site", "team": None}
    assert (made["starters"], made["parameters"], made["version"]) == (["Stone?"], {"seed": 7}, 0)
    path, mason = f"/assistants/{made['id']}", Assistant.objects.get()
    files.add_files(cast.alice, mason.pk, [storage.store(cast.alice, "f.md", "text/plain", b"A facade.").pk])
    seen = Api(cast.carol).get(path)
    assert (seen["models"], seen["decide"]) == ([str(model.pk)], False), "the other model is not hers to know"
    assert [file["name"] for file in seen["files"]] == ["f.md"]
    assert Api(cast.carol).refusal("PATCH", path, {"name": "Mine"}) == (404, "not_found")
    status, changed = api.call("PATCH", path, {"instructions": "Be one.", "updated_at": made["updated_at"]})
    assert (status, changed["version"], changed["models"]) == (200, 1, told["models"])
    assert api.refusal("PATCH", path, {"name": "Roofer", "updated_at": made["updated_at"]}) == (409, "conflict")
    assert api.refusal("PATCH", path, {"symbol": "many"}) == (400, "bad_field")
    assert api.refusal("PATCH", path, {"models": ["0" * 32]}) == (400, "no_model")
    assert api.call("PATCH", path, {"archived": True})[1]["archived"]
    assert api.get("/assistants?archived=false")["results"] == []
    assert api.call("DELETE", path)[0] == 204
    assert api.refusal("GET", path) == (404, "not_found")


def test_the_list_is_in_order_and_in_pages_and_is_searched(cast: Cast) -> None:
    for name in ("beta", "Alpha", "Gamma"):
        make(cast.alice, name=name)
    make(cast.alice, Place("team", cast.team.pk), name="Delta")
    api = Api(cast.alice)
    first = api.get("/assistants?limit=3")
    assert [one["name"] for one in first["results"]] == ["Alpha", "beta", "Delta"]
    assert [one["name"] for one in api.get(f"/assistants?cursor={first['next']}")["results"]] == ["Gamma"]
    assert [one["name"] for one in api.get(f"/assistants?team={cast.team.pk}")["results"]] == ["Delta"]
    assert [one["name"] for one in api.get("/assistants?q=ALPH&scope=own")["results"]] == ["Alpha"]
    assert api.refusal("GET", "/assistants?cursor=-1") == (400, "bad_field")
    assert api.refusal("GET", "/assistants?q=%00") == (400, "bad_text")


def test_the_pages_list_by_pinyin_and_find_by_first_letters(cast: Cast) -> None:
    for name in ("张工", "apple", "李白", "Zoo", "阿强"):
        make(cast.bob, name=name)
    page = Api(cast.bob).client
    shown = page.get("/assistants/").content.decode()
    places = [shown.index(f"<bdi>{name}</bdi>") for name in ("apple", "Zoo", "阿强", "李白", "张工")]
    assert places == sorted(places)
    offered = page.get("/assistants/choice/").content.decode()
    assert offered.index("李白") < offered.index("张工")
    assert 'data-letters="lb"' in offered
    found = page.get("/assistants/?q=LB").content.decode()
    assert "李白" in found
    assert "张工" not in found
    assert page.get("/assistants/?q=%00").status_code == 200


def test_what_is_exported_comes_in_elsewhere_and_no_second_time(cast: Cast, model: LanguageModel) -> None:
    told = {"name": "瓦匠", "symbol": "🧱", "models": [model.pk], "starters": ["石头？"], "parameters": {"stop": ["x"]}}
    make(cast.bob, **told, archived=True)
    make(cast.alice, Place("team", cast.team.pk), name="Ours")
    answer = Api(cast.bob).client.get("/api/v1/assistants/export")
    assert "attachment" in answer.headers["Content-Disposition"]
    for imported in (1, 0):
        assert bring(Api(cast.carol), answer.content) == {"found": 1, "imported": imported, "refused": []}
    names = ("name", "symbol", "instructions", "model_ids", "starters", "parameters", "archived", "version")
    mine, theirs = (Assistant.objects.values(*names).get(owner=person) for person in (cast.carol, cast.bob))
    assert mine == theirs
    team = Api(cast.rita).client.get(f"/api/v1/assistants/export?team={cast.team.pk}").json()
    assert [one["name"] for one in team["assistants"]] == ["Ours"]
    for person, query in ((cast.bob, f"?team={cast.team.pk}"), (cast.bob, "?kind=site")):
        assert bring(Api(person), answer.content, query)["error"]["code"] == "not_found"
    assert bring(Api(cast.alice), answer.content, "?kind=site")["imported"] == 1


def test_models_of_open_webui_come_in(cast: Cast, model: LanguageModel) -> None:
    exported = [
        {
            "id": "mason",
            "name": "Mason",
            "base_model_id": "parrot",
            "params": {"system": "Be one.", "temperature": 0.5, "stop": ["x"], "top_k": 5, "seed": "no number"},
            "meta": {"profile_image_url": "data:,", "suggestion_prompts": [{"content": "Stone?"}, {"content": 5}, 7]},
        },
        {"id": "bare", "base_model_id": None, "params": None, "meta": []},
    ]
    assert bring(Api(cast.bob), json.dumps(exported).encode()) == {"found": 2, "imported": 2, "refused": []}
    mason = Assistant.objects.get(name="Mason")
    assert (mason.instructions, mason.model_ids, mason.starters) == ("Be one.", [str(model.pk)], ["Stone?"])
    assert mason.parameters == {"temperature": 0.5, "stop": ["x"]}, "what does not fit is left out"
    assert Assistant.objects.get(name="bare").model_ids == []
    single = json.dumps({**exported[0], "name": "Roofer"}).encode()
    assert bring(Api(cast.bob), single)["imported"] == 1


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe", b"[", b"[" * 5_000, b"{}", b'[{"a": 1}]', b'"text"', b"[" + b"{}," * 100_001 + b"{}]", b"[NaN]",
     b'{"format": "chatsite-prompts", "prompts": []}', b" " * (MAX_BYTES + 1)],
)  # fmt: skip
def test_what_is_no_file_of_assistants_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        reading.read(data)
    assert refused.value.field == "file"


@pytest.mark.parametrize(
    "fields",
    [
        {"symbol": ["🧱"], "models": {"a": 1}, "parameters": [1], "starters": "abc", "archived": "yes"},
        {"symbol": "many signs", "models": [None, 5, []], "parameters": {"temperature": 1e400, "seed": True}},
        {"symbol": "\ud800\u202e", "starters": [None, {}, " ", "\u2800"], "parameters": {"tools": [], "\x00": 1}},
        {
            "owner": "alice",
            "team": "Crew",
            "id": "x",
            "version": 9,
            "files": ["x"],
            "parameters": {"stop": "x" * 9_999},
        },
    ],
)
def test_odd_fields_of_a_file_are_left_out_and_its_assistant_comes(fields: dict[str, Any]) -> None:
    told = read({**FORMAT, "assistants": [{"name": "Mason", "instructions": "Be one.", **fields}]})
    ((settings, _models),) = told.assistants
    odd = {name: value for name, value in settings.items() if value}
    assert odd.pop("symbol", "\ufffd") == "\ufffd"
    assert odd == {"name": "Mason", "instructions": "Be one."}


def test_a_file_may_not_hold_too_much_and_all_of_it_comes_or_none(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    long = [{"name": "Long", "instructions": "w" * 100_001}, {"name": "\u200b"}, {"name": "N" * 500}, 7]
    told = read({**FORMAT, "assistants": long})
    assert (len(told.assistants), told.refused) == (1, ["Long", "\u200b"])
    assert len(told.assistants[0][0]["name"]) <= 120
    with pytest.raises(Refused):
        read({**FORMAT, "assistants": [{"name": f"N{number}"} for number in range(501)]})
    monkeypatch.setattr("conversations.usage.quotas.MAX_ASSISTANTS", 2)
    three = json.dumps({**FORMAT, "assistants": [{"name": name} for name in "abc"]}).encode()
    assert bring(Api(cast.bob), three)["error"]["code"] == "busy"
    assert not Assistant.objects.exists()


def test_a_page_tells_what_of_a_file_did_not_come(cast: Cast) -> None:
    data = json.dumps({**FORMAT, "assistants": [{"name": "Long", "instructions": "w" * 100_001}, {"name": "Short"}]})
    page = Api(cast.alice).client
    given = {"scope": str(cast.team.pk), "file": SimpleUploadedFile("a.json", data.encode())}
    shown = page.post(reverse("import-assistants"), given, follow=True).content.decode()
    assert "New assistants: 1." in shown
    assert "too long or have no name: Long" in shown
    assert Assistant.objects.get().team == cast.team
    unknown = {"scope": "own", "file": SimpleUploadedFile("a.json", b"[]")}
    shown = page.post(reverse("import-assistants"), unknown, follow=True).content.decode()
    assert "This file holds no assistants of Chatsite or Open WebUI." in shown
    forged = {"scope": str(cast.team.pk), "file": SimpleUploadedFile("a.json", data.encode())}
    Api(cast.bob).client.post(reverse("import-assistants"), forged)
    assert Assistant.objects.count() == 1, "only those who publish in the team"


def test_a_place_that_is_not_there_is_not_found(cast: Cast) -> None:
    with pytest.raises(NotFound):
        make(cast.bob, Place("project"))
    assert Api(cast.carol).client.get(f"/api/v1/assistants/export?team={cast.team.pk}").status_code == 404


def test_a_new_one_takes_its_files_and_all_of_its_parameters_come_back(cast: Cast, model: LanguageModel) -> None:
    page, told = Api(cast.bob).client, {"name": "Mason", "temperature": "0.5", "stop": "one\ntwo", "seed": "7"}
    upload = [SimpleUploadedFile("facts.txt", b"A facade."), SimpleUploadedFile("a.exe", b"MZ\x00\x01")]
    shown = page.post("/assistants/new/", {**told, "files": upload}, follow=True).content.decode()
    mason = Assistant.objects.get()
    assert [held.file.name for held in mason.held.all()] == ["facts.txt"]
    assert "a.exe" in shown, "the other one is refused by its name"
    assert mason.parameters == {"temperature": 0.5, "stop": ["one", "two"], "seed": 7}
    again = {"name": "Mason", "temperature": "0.5", "stop": "one\ntwo", "seed": ""}
    page.post(f"/assistants/{mason.pk}/", again)
    mason.refresh_from_db()
    assert mason.parameters == {"temperature": 0.5, "stop": ["one", "two"]}, "an empty field takes it off"
