"""The HTTP API: the answers of each call, by person, and its refusals."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from conversations.api import api
from conversations.ids import new_id
from conversations.models import Conversation, User
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel
from tests.conftest import Cast
from tests.conversations.calling import NOBODY, Api

CONVERSATION_FIELDS = {"id", "title", "owner", "audience", "model", "system_prompt", "parameters", "updated_at",
                       "deleted_at", "pinned", "archived", "muted", "unread", "mentioned", "streaming",
                       "revision", "project", "project_name", "assistant", "began_with"}  # fmt: skip

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def alice(cast: Cast) -> Api:
    return Api(cast.alice)


def offer(name: str = "parrot", **switched: bool) -> LanguageModel:
    """Create a model that an endpoint with a key serves; it is never called here."""
    endpoint = Endpoint.objects.create(name=f"Home of {name}", wire="openai", base_url="https://vendor.example/v1")
    ApiKey.objects.create(endpoint=endpoint, secret="sk-test-0123456789")
    model = LanguageModel.objects.create(name=name, **switched)
    Deployment.objects.create(model=model, endpoint=endpoint, vendor_id=name)
    return model


# --- The caller and their models -------------------------------------------------------------------------------------


def test_me(cast: Cast, alice: Api) -> None:
    crew = [{"id": str(cast.team.id), "name": "Crew", "keeps_days": None, "role": "lead"}]
    assert alice.get("/me") == {"id": str(cast.alice.id), "name": "alice", "language": "en", "teams": crew}
    assert Api(cast.carol).get("/me")["teams"] == []


def test_models_are_those_that_work(cast: Cast, alice: Api) -> None:
    assert alice.get("/models") == []
    model = offer()
    offer("switched off", enabled=False)
    keyless = offer("keyless")
    ApiKey.objects.filter(endpoint__deployments__model=keyless).update(enabled=False)
    entry = {
        "id": str(model.id),
        "name": "parrot",
        "description": "",
        "endpoints": ["Home of parrot"],
        "capabilities": ["text", "images", "documents"],
        "context_window": None,
        "favourite": False,
        "rests_until": None,
    }
    assert alice.get("/models") == Api(cast.carol).get("/models") == [entry]


# --- Conversations -------------------------------------------------------------------------------------------------


def test_a_conversation_is_made_with_everything(cast: Cast, alice: Api) -> None:
    model = offer()
    made = alice.make(
        title="Ours", team=str(cast.team.id), model=str(model.id), system_prompt="Be brief.", parameters={"seed": 7}
    )
    assert set(made) == CONVERSATION_FIELDS
    assert (made["title"], made["model"], made["system_prompt"]) == ("Ours", str(model.id), "Be brief.")
    assert made["owner"] == {"id": str(cast.alice.id), "name": "alice"}
    team = {"id": str(cast.team.id), "name": "Crew", "keeps_days": None}
    rights = {"write": True, "decide": True, "named": False}
    assert made["audience"] == {"kind": "team", "team": team, **rights, "guests": [], "teams": []}
    assert (made["parameters"], made["revision"], made["streaming"]) == ({"seed": 7}, 1, False)
    assert alice.get(f"/conversations/{made['id']}") == made


def test_a_conversation_is_made_with_nothing(alice: Api) -> None:
    made = alice.make()
    assert (made["title"], made["model"], made["system_prompt"], made["parameters"]) == ("", None, "", {})
    assert made["audience"]["kind"] == "private"
    assert UUID(made["id"]).version == 7


def test_a_reader_sees_that_they_may_not_write(cast: Cast, alice: Api) -> None:
    made = alice.make(team=str(cast.team.id))
    for person, write, decide in ((cast.alice, True, True), (cast.bob, True, False), (cast.rita, False, False)):
        audience = Api(person).get(f"/conversations/{made['id']}")["audience"]
        assert (audience["write"], audience["decide"]) == (write, decide)


def test_only_who_may_write_in_a_team_begins_there(cast: Cast) -> None:
    assert Api(cast.bob).make(team=str(cast.team.id))["audience"]["kind"] == "team"
    for person in (cast.rita, cast.carol):
        assert Api(person).refusal("POST", "/conversations", {"team": str(cast.team.id)}) == (404, "not_found")
    assert Api(cast.bob).refusal("POST", "/conversations", {"team": NOBODY}) == (404, "not_found")


def test_a_change_moves_the_revision_up(alice: Api) -> None:
    made = alice.make(title="one", parameters={"seed": 1})
    status, changed = alice.call("PATCH", f"/conversations/{made['id']}", {"title": "two", "parameters": {}})
    assert (status, changed["title"], changed["parameters"], changed["revision"]) == (200, "two", {}, 2)
    assert changed["updated_at"] > made["updated_at"]


def test_a_title_becomes_one_clean_line(alice: Api) -> None:
    assert alice.make(title=" a\nb\tc\u202e\x07d\x85 ")["title"] == "a b c  d"
    assert alice.make(title="<b>ü 字 👩‍👩‍👧</b>")["title"] == "<b>ü 字 👩‍👩‍👧</b>"


def test_a_lone_surrogate_is_replaced(alice: Api) -> None:
    status, made = alice.call("POST", "/conversations", b'{"title":"a\\ud800b","system_prompt":"\\udfff"}')
    assert (status, made["title"], made["system_prompt"]) == (201, "a\ufffdb", "\ufffd")


def test_a_blank_prompt_is_none(alice: Api) -> None:
    assert alice.make(system_prompt=" \n\u200b")["system_prompt"] == ""


def test_what_one_has_made_is_not_unread(alice: Api) -> None:
    assert alice.make(title="mine")["unread"] is False
    assert [row["unread"] for row in alice.get("/conversations")["results"]] == [False]


WRONG_FIELDS = [
    ({"title": "t" * 121}, 413, "too_long"),
    ({"title": "a\0b"}, 400, "bad_text"),
    ({"title": 5}, 400, "bad_field"),
    ({"title": ["x"]}, 400, "bad_field"),
    ({"title": ""}, 400, "bad_text"),
    ({"title": " \u3000 \u200b\u3164"}, 400, "bad_text"),
    ({"system_prompt": "s" * 100_001}, 413, "too_long"),
    ({"system_prompt": "\0"}, 400, "bad_text"),
    ({"model": "parrot"}, 400, "bad_field"),
    ({"model": NOBODY}, 400, "no_model"),
    ({"parameters": []}, 400, "bad_field"),
    ({"parameters": {"raw": {}}}, 400, "bad_field"),
    ({"parameters": {"temperature": 3}}, 400, "bad_field"),
    ({"parameters": {"temperature": "1"}}, 400, "bad_field"),
    ({"parameters": {"max_tokens": 10**9}}, 400, "bad_field"),
    ({"parameters": {"max_tokens": True}}, 400, "bad_field"),
    ({"parameters": {"seed": 10**30}}, 400, "bad_field"),
    ({"parameters": {"stop": ["x"] * 6}}, 400, "bad_field"),
    ({"parameters": {"stop": ["a\0b"]}}, 400, "bad_text"),
    ({"parameters": {f"p{number}": number for number in range(10_000)}}, 400, "bad_field"),
]


@pytest.mark.parametrize(("fields", "status", "code"), WRONG_FIELDS)
def test_a_wrong_field_is_refused_and_nothing_changes(alice: Api, fields: object, status: int, code: str) -> None:
    made = alice.make(title="as it was")
    assert alice.refusal("POST", "/conversations", fields) == (status, code)
    assert alice.refusal("PATCH", f"/conversations/{made['id']}", fields) == (status, code)
    assert alice.get("/conversations")["results"] == [made]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"x"', b"null", b"\xff", b"[" * 100_000, b'{"title":' * 50_000,
     b'{"title":"a","title":"b"}', b'{"parameters":{"seed":NaN}}', b'{"parameters":{"temperature":1e999}}',
     b'{"parameters":{"seed":' + b"9" * 5000 + b"}}"],
)  # fmt: skip
def test_what_is_no_json_object_is_refused(alice: Api, body: bytes) -> None:
    status, code = alice.refusal("POST", "/conversations", body)
    assert (status, code) == (400, "bad_field" if not body else "bad_frame")
    assert not Conversation.objects.exists()


def test_a_body_of_two_megabytes_is_refused(alice: Api) -> None:
    assert alice.refusal("POST", "/conversations", b'{"title":"' + b"x" * 2**21 + b'"}')[0] == 413
    assert not Conversation.objects.exists()


# --- Access ----------------------------------------------------------------------------------------------------------


def test_what_is_absent_and_what_is_foreign_get_the_same_answer(cast: Cast, alice: Api) -> None:
    foreign = alice.make(title="private")["id"]
    bob = Api(cast.bob)
    for method, suffix, body in (
        ("GET", "", None),
        ("GET", "/messages", None),
        ("PATCH", "", {"title": "mine"}),
        ("PATCH", "", {"title": "t" * 121}),
        ("DELETE", "", None),
    ):
        answers = [bob.call(method, f"/conversations/{key}{suffix}", body) for key in (foreign, NOBODY)]
        assert answers[0] == answers[1], (method, suffix)
        assert answers[0][0] == 404
    assert alice.get(f"/conversations/{foreign}")["title"] == "private"


def test_a_reader_changes_and_deletes_nothing(cast: Cast, alice: Api) -> None:
    path = f"/conversations/{alice.make(title='ours', team=str(cast.team.id))['id']}"
    rita = Api(cast.rita)
    assert rita.get(path)["title"] == "ours"
    assert rita.get(f"{path}/messages")["results"] == []
    for method, body in (("PATCH", {"title": "mine"}), ("DELETE", None)):
        assert rita.refusal(method, path, body) == (404, "not_found")
    assert alice.get(path)["title"] == "ours"


def test_a_member_changes_and_deletes_only_their_own(cast: Cast, alice: Api) -> None:
    ours, mine = (f"/conversations/{api.make(team=str(cast.team.id))['id']}" for api in (alice, Api(cast.bob)))
    bob = Api(cast.bob)
    assert bob.call("PATCH", ours, {"title": "renamed"})[0] == 200
    assert bob.refusal("DELETE", ours) == (404, "not_found")
    assert bob.call("DELETE", mine) == (204, None)


def test_a_lead_deletes_what_a_member_began(cast: Cast, alice: Api) -> None:
    path = f"/conversations/{Api(cast.bob).make(team=str(cast.team.id))['id']}"
    assert alice.call("DELETE", path) == (204, None)
    assert Api(cast.bob).refusal("GET", path) == (404, "not_found")


CALLS = [("GET", "/me"), ("GET", "/models"), ("GET", "/conversations"), ("POST", "/conversations"),
         ("GET", f"/conversations/{NOBODY}"), ("PATCH", f"/conversations/{NOBODY}"),
         ("DELETE", f"/conversations/{NOBODY}"), ("GET", f"/conversations/{NOBODY}/messages")]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_nobody_calls_without_a_session(cast: Cast, method: str, path: str) -> None:
    assert Api().refusal(method, path, {}) == (401, "signed_out")


def test_who_was_switched_off_is_signed_out(cast: Cast) -> None:
    bob = Api(cast.bob)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert bob.refusal("GET", "/me") == (401, "signed_out")


def test_writing_needs_the_token_and_reading_does_not(cast: Cast) -> None:
    strict = Api(cast.alice, enforce_csrf_checks=True)
    assert strict.get("/me")["name"] == "alice"
    for method, path in CALLS:
        if method != "GET":
            assert strict.refusal(method, path, {})[0] == 403
    assert not Conversation.objects.exists()
    strict.client.get("/api/v1/me")
    strict.client.cookies["csrftoken"] = "a" * 32
    response = strict.client.post("/api/v1/conversations", "{}", "application/json", headers={"X-CSRFToken": "a" * 32})
    assert response.status_code == 201


def test_an_unknown_call_and_a_wrong_method_are_answered(alice: Api) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        assert alice.refusal(method, "/api/v1/no-such-call", {}) == (404, "not_found")
    assert alice.client.put("/api/v1/me").status_code == 405
    assert alice.client.get("/api/v1/conversations/not-an-id").status_code == 404


# --- Described -----------------------------------------------------------------------------------------------------


def test_the_description_names_every_call(cast: Cast) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    key = "{conversation_id}"
    assert described >= {(method, f"/api/v1{path.replace(NOBODY, key)}") for method, path in CALLS}
    routes = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"/api/v1/{route.pattern}") for route in api.urls[0]}
    assert {path for _, path in described} == routes - {"/api/v1/", "/api/v1/openapi.json", "/api/v1/{anything}"}


def test_the_description_is_made_once_and_says_the_same_in_every_language(cast: Cast) -> None:
    told = [Client(headers={"accept-language": code}).get("/api/v1/openapi.json") for code in ("en", "zh-hans")]
    assert told[0].content == told[1].content
    assert api.get_openapi_schema() is api.get_openapi_schema(path_params={})


def test_every_reference_of_the_description_leads_somewhere(cast: Cast) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert document["info"]["title"] == "Chatsite"
    references = list(_references(document))
    assert references
    for reference in references:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
        assert isinstance(place, dict)


def _references(value: object) -> Any:
    if isinstance(value, dict):
        yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        value = list(value.values())
    if isinstance(value, list):
        for member in value:
            yield from _references(member)


def test_every_answer_of_the_description_has_a_shape(cast: Cast) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert set(operation["responses"]) >= {"400", "401", "403", "404"}, (method, path)
            assert operation["operationId"]
            assert operation["security"]


def test_ids_sort_by_time() -> None:
    made = [new_id() for _ in range(1000)]
    assert made == sorted(made)
