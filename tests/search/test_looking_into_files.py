"""A model that looks into its project's files itself: on every wire, within its limits, for those who may read."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import OperationalError

from conversations import actions
from conversations.actions.projects import files as project_files
from conversations.generation import recovery
from conversations.imports.formats.parts import checked
from conversations.live import LiveReply, hub
from conversations.lookup import telling, tools
from conversations.models import (
    Budget,
    Conversation,
    Message,
    Passage,
    Project,
    ProjectFile,
    Reservation,
    Tally,
    UsageRecord,
)
from conversations.usage import ledger
from conversations.usage.billing import BillingContext
from providers.client.route import route_of
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel
from providers.types import Part, Usage
from tests import anthropic_replies
from tests.conftest import Cast, serve
from tests.conversations.calling import Api
from tests.conversations.test_engine import ask
from tests.fake_vendor import FakeVendor
from tests.search.lookup_corpus import FILES
from tests.search.test_lookup import hold
from tests.sockets import Socket
from tests.vendor_replies import (
    close,
    event,
    gemini_end,
    gemini_event,
    gemini_parts,
    openai_chunk,
    openai_end,
    openai_event,
    openai_stream,
    responses_end,
    responses_event,
    responses_item,
    responses_message,
)

Connect = Callable[..., Socket]
QUERY = {"query": "hotel room euros"}
FOUND = "> A room may cost up to 140 euros"


@pytest.fixture
def project(cast: Cast) -> Project:
    made = actions.create_project(cast.alice, cast.team, name="Handbooks")
    hold(cast.alice, made, {name: FILES[name] for name in ("travel-policy.md", "考勤制度.md")})
    return made


def openai_call(*given: tuple[str, str], words: str = "", **more: Any) -> bytes:
    """Return a stream that ends with calls: names and arguments as they are spelled."""
    calls = [
        {"index": at, "id": f"call_{at}", "type": "function", "function": {"name": name, "arguments": spelled}, **more}
        for at, (name, spelled) in enumerate(given)
    ]
    said = openai_event(words) if words else b""
    return said + openai_chunk(tool_calls=calls) + openai_end("tool_calls")


def search(words: str = "hotel room euros") -> tuple[str, str]:
    return tools.SEARCH, json.dumps({"query": words})


def reply_to(socket: Socket, model: LanguageModel, project: Project, text: str = "Prices?", **fields: Any) -> Message:
    """Ask, and return the ended reply."""
    asked = ask(socket, model, text, project=str(project.pk), **fields)
    socket.event("message.finished")
    return Message.objects.get(pk=asked["replies"][0])


def kinds(reply: Message) -> list[str]:
    return [part.get("function", part["kind"]) for part in reply.parts]


def results(request: Any) -> list[str]:
    """Return what the calls of a request were answered, on the OpenAI wire."""
    return [message["content"] for message in request.json["messages"] if message["role"] == "tool"]


# --- Every wire -----------------------------------------------------------------------------------------------------

THINKING = {"type": "thinking", "thinking": "Look it up.", "signature": "c2lnbmVk"}
USE = {"type": "tool_use", "id": "toolu_7", "name": tools.SEARCH, "input": QUERY}
REASONING = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "c2VjcmV0"}
FUNCTION_CALL = {
    "id": "fc_1", "type": "function_call", "call_id": "call_9", "name": tools.SEARCH, "arguments": json.dumps(QUERY),
    "status": "completed",
}  # fmt: skip
SIGNED = {"functionCall": {"name": tools.SEARCH, "args": QUERY}, "thoughtSignature": "c2lnbmVk"}
DETAILS = [{"type": "reasoning.encrypted", "data": "c2VjcmV0", "format": "x", "index": 0}]
ROUNDS: dict[str, tuple[bytes, bytes]] = {
    "openai": (
        openai_event("I look. ", reasoning_details=DETAILS) + openai_call(search()),
        openai_stream(["140 euros [1]."]),
    ),
    "anthropic": (
        anthropic_replies.stream([THINKING, {"type": "text", "text": "I look. "}, USE], "tool_use"),
        anthropic_replies.words_stream(["140 euros [1]."]),
    ),
    "gemini": (
        gemini_event("I look. ") + gemini_parts(SIGNED) + gemini_end(),
        gemini_event("140 euros [1].") + gemini_end(),
    ),
    "responses": (
        responses_item(REASONING)
        + responses_item(responses_message("I look. "), 1)
        + responses_item(FUNCTION_CALL, 2)
        + responses_end(output=[REASONING, responses_message("I look. "), FUNCTION_CALL]),
        responses_event("140 euros [1].") + responses_end(output=[responses_message("140 euros [1].")]),
    ),
}


@pytest.mark.parametrize("wire", ROUNDS)
def test_each_wire_goes_on_with_what_was_found(
    cast: Cast, project: Project, vendor: FakeVendor, connect: Connect, wire: str
) -> None:
    model = serve(vendor, "openai" if wire == "responses" else wire)
    Endpoint.objects.update(wire=wire)
    vendor.play([ROUNDS[wire][0]])
    vendor.play([ROUNDS[wire][1]])
    socket = connect(cast.bob)
    reply = reply_to(socket, model, project, "Tell me of it.")
    assert (reply.status, reply.text, reply.finish_reason) == ("complete", "I look. \n\n140 euros [1].", "stop")
    *_, line, last = reply.parts
    assert (line["function"], line["asked"], last["kind"]) == (tools.SEARCH, QUERY["query"], "text")
    assert line["sources"][0]["title"] == "travel-policy.md"
    assert "140 euros" not in json.dumps(line), "what a file says stands in the file alone"
    first, second = (request.json for request in vendor.requests)
    assert offered_in(wire, first) == offered_in(wire, second) == [tools.SEARCH, tools.READ]
    back, answer = WENT_BACK[wire](second)
    assert back, "what came went back as it came"
    assert FOUND in answer
    assert telling.FOUND in answer
    assert [call.outcome for call in UsageRecord.objects.order_by("created_at")] == ["tool_call", "complete"]

    ask(socket, model, "Thanks", conversation=str(reply.conversation_id))
    socket.event("message.finished")
    later = json.dumps(vendor.requests[2].json)
    assert "140 euros [1]." in later
    assert all(word not in later for word in ("c2lnbmVk", "c2VjcmV0", "toolu_7", "call_9", "call_0", FOUND))


def offered_in(wire: str, body: dict[str, Any]) -> list[str]:
    held = body["tools"][0]["functionDeclarations"] if wire == "gemini" else body["tools"]
    return [(one["function"] if wire == "openai" else one)["name"] for one in held]


def _openai(body: dict[str, Any]) -> tuple[bool, str]:
    said, told = body["messages"][-2:]
    is_whole = said["reasoning_details"] == DETAILS and said["content"] == "I look. "
    call = said["tool_calls"][0]
    return is_whole and call["id"] == told["tool_call_id"] == "call_0", told["content"]


def _anthropic(body: dict[str, Any]) -> tuple[bool, str]:
    said, told = body["messages"][-2:]
    (result,) = told["content"]
    return said["content"] == [THINKING, {"type": "text", "text": "I look. "}, USE], result["content"]


def _gemini(body: dict[str, Any]) -> tuple[bool, str]:
    said, told = body["contents"][-2:]
    response = told["parts"][0]["functionResponse"]
    is_whole = said["parts"] == [{"text": "I look. "}, SIGNED] and response["name"] == tools.SEARCH
    return is_whole, response["response"]["result"]


def _responses(body: dict[str, Any]) -> tuple[bool, str]:
    *_, thought, said, call, told = body["input"]
    own = {name: value for name, value in FUNCTION_CALL.items() if name != "id"}
    is_whole = thought == REASONING and said["content"] == "I look. " and call == own
    return is_whole and told["call_id"] == "call_9", told["output"]


WENT_BACK = {"openai": _openai, "anthropic": _anthropic, "gemini": _gemini, "responses": _responses}


@pytest.mark.parametrize("wire", ROUNDS)
def test_thoughts_that_led_to_nothing_do_not_go_back_later(
    cast: Cast, project: Project, vendor: FakeVendor, connect: Connect, wire: str
) -> None:
    """OpenAI refuses reasoning without what it led to: vercel/ai#7099."""
    model = serve(vendor, "openai" if wire == "responses" else wire)
    Endpoint.objects.update(wire=wire)
    vendor.play([ROUNDS[wire][0].replace(tools.SEARCH.encode(), b"delete_file")])
    vendor.play([ROUNDS[wire][1]])
    socket = connect(cast.bob)
    reply = reply_to(socket, model, project, "Tell me of it.")
    assert (reply.status, reply.text) == ("complete", "I look. \n\n140 euros [1].")
    assert tools.NO_SUCH in json.dumps(vendor.requests[1].json)
    ask(socket, model, "Thanks", conversation=str(reply.conversation_id))
    socket.event("message.finished")
    later = json.dumps(vendor.requests[2].json)
    assert "140 euros [1]." in later
    assert all(word not in later for word in ("c2lnbmVk", "c2VjcmV0", "toolu_7", "call_9", "delete_file"))


@pytest.mark.parametrize("wire", ["openai", "anthropic", "responses"])
def test_calls_of_one_id_have_one_result(
    cast: Cast, project: Project, vendor: FakeVendor, connect: Connect, wire: str
) -> None:
    """Gateways give two calls one id, and refuse two results of it: vectorize-io/hindsight#4250."""
    again = {"query": "receipts"}
    model = serve(vendor, "openai" if wire == "responses" else wire)
    Endpoint.objects.update(wire=wire)
    second = {**FUNCTION_CALL, "id": "fc_2", "arguments": json.dumps(again)}
    first = {
        "openai": openai_call(search(), search("receipts"), id="same"),
        "anthropic": anthropic_replies.stream([USE, {**USE, "input": again}], "tool_use"),
        "responses": responses_item(FUNCTION_CALL)
        + responses_item(second, 1)
        + responses_end(output=[FUNCTION_CALL, second]),
    }[wire]
    vendor.play([first])
    vendor.play([ROUNDS[wire][1]])
    reply = reply_to(connect(cast.bob), model, project, "Tell me of it.")
    assert kinds(reply) == [tools.SEARCH, tools.SEARCH, "text"]
    sent = json.dumps(vendor.requests[1].json, ensure_ascii=False)
    identity = {"openai": "same", "anthropic": USE["id"], "responses": "call_9"}[wire]
    assert sent.count(f'"{identity}"') == 2, "one call and one result"
    assert f"{tools.SEARCH}: {telling.FOUND}" in sent


# --- Within limits --------------------------------------------------------------------------------------------------


def test_calls_are_bounded_and_the_last_one_must_answer(
    cast: Cast, project: Project, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    for _ in range(tools.MAX_CALLS // 2):
        vendor.play([openai_call(search(), search("receipts"))])
    vendor.play([openai_call(search(), words="At last.")])
    reply = reply_to(connect(cast.bob), model, project)
    assert kinds(reply).count(tools.SEARCH) == tools.MAX_CALLS
    assert len(vendor.requests) == 1 + tools.MAX_CALLS // 2
    assert ["tool_choice" in request.json for request in vendor.requests] == [False, False, False, True]
    assert vendor.requests[-1].json["tool_choice"] == "none"
    assert (reply.status, reply.finish_reason, reply.parts[-1]["kind"]) == ("complete", "tool_call", "call")


def test_bytes_are_bounded(
    cast: Cast, project: Project, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    hold(cast.alice, project, {"long.md": "\n\n".join(f"Room {n} costs {n} euros. " * 20 for n in range(40))})
    LanguageModel.objects.update(context_window=8_000)
    read = (tools.READ, '{"name": "long.md"}')
    vendor.play([openai_call(read, read, read)])
    vendor.play([openai_stream(["Done."])])
    reply_to(connect(cast.bob), model, project)
    told = results(vendor.requests[1])
    assert sum(len(one.encode()) for one in told if one != tools.NO_MORE) <= 0.2 * 8_000 * 3
    assert told[-1] == tools.NO_MORE


DEEP = json.dumps({"query": "a", "more": "["}).replace('"["', "[" * 900 + "]" * 900)
# What the vendor asks for, and what it is told.
HOSTILE: list[tuple[tuple[str, str], str]] = [
    ((tools.SEARCH, '{"query": '), f"{tools.SEARCH}: {tools.BAD_ARGUMENTS}"),
    ((tools.SEARCH, "[]"), f"{tools.SEARCH}: {tools.BAD_ARGUMENTS}"),
    ((tools.SEARCH, "null"), f"{tools.SEARCH}: {tools.BAD_ARGUMENTS}"),
    ((tools.SEARCH, ""), tools.BAD_QUERY),
    ((tools.SEARCH, "{}"), tools.BAD_QUERY),
    ((tools.SEARCH, '{"query": 7}'), tools.BAD_QUERY),
    ((tools.SEARCH, json.dumps({"query": "x" * 100_000})), tools.BAD_QUERY),
    ((tools.SEARCH, '{"query": "' + "\\u0000'; DROP" + '"}'), "No passage of the project's files"),
    ((tools.SEARCH, '{"query": "\\ud800 \\u202e"}'), "No passage of the project's files"),
    ((tools.SEARCH, json.dumps({"query": "会议纪要与差旅住宿标准" * 181})), "No passage of the project's files"),
    ((tools.SEARCH, json.dumps({"query": "hotel* AND NOT (room) & -euros | !x : \\ ' NEAR/2 \""})), telling.FOUND),
    ((tools.SEARCH, DEEP), "No passage of the project's files"),
    (("delete_file", '{"name": "travel-policy.md"}'), tools.NO_SUCH),
    (("", "{}"), tools.NO_SUCH),
    ((tools.READ, '{"name": "../../etc/passwd"}'), "The project has no such file"),
    ((tools.READ, '{"name": "travel-policy.md\\u0000"}'), "The project has no such file"),
    ((tools.READ, '{"name": "%"}'), "The project has no such file"),
    ((tools.READ, '{"name": ["travel-policy.md"]}'), tools.BAD_NAME),
    ((tools.READ, '{"name": "travel-policy.md", "passage": "1 OR 1"}'), tools.BAD_PASSAGE),
    ((tools.READ, '{"name": "travel-policy.md", "passage": 1e400}'), "Passages 1 to 4 of 4.\n\n"),
    ((tools.READ, '{"name": "travel-policy.md", "passage": null}'), "Passages 1 to 4 of 4.\n\n"),
    ((tools.READ, '{"name": "travel-policy.md", "passage": "3"}'), "Passages 3 to 4 of 4.\n\n"),
    ((tools.READ, '{"name": "Travel－Policy.md", "passage": 4}'), "Passages 4 to 4 of 4.\n\n"),
    ((tools.READ, '{"name": "travel-policy.md", "passage": -1}'), tools.BAD_PASSAGE),
    ((tools.READ, '{"name": "travel-policy.md", "passage": 99}'), "The file has 4 passages."),
    ((tools.READ, '{"name": "travel-policy.md", "passage": 2}'), "Passages 2 to 4 of 4.\n\n"),
]


@pytest.mark.parametrize("first", range(0, len(HOSTILE), 5))
def test_a_call_that_cannot_be_answered_is_told_so(
    cast: Cast, project: Project, model: LanguageModel, vendor: FakeVendor, connect: Connect, first: int
) -> None:
    cases = HOSTILE[first : first + 5]
    vendor.play([openai_call(*(given for given, _ in cases))])
    vendor.play([openai_stream(["Well."])])
    reply = reply_to(connect(cast.bob), model, project)
    assert (reply.status, reply.text) == ("complete", "Well.")
    told = "\0".join(
        message["content"] for message in vendor.requests[1].json["messages"][2:] if message["role"] != "assistant"
    )
    for _, expected in cases:
        assert expected in told
    messages = vendor.requests[1].json["messages"]
    calls = [call for message in messages for call in message.get("tool_calls", ())]
    assert all(isinstance(json.loads(call["function"]["arguments"]), dict) for call in calls)
    sent = [call["id"] for call in calls]
    assert sent == [message["tool_call_id"] for message in messages if message["role"] == "tool"]


def test_an_empty_text_in_place_of_arguments_goes_back_as_none(
    cast: Cast, project: Project, vendor: FakeVendor, connect: Connect
) -> None:
    model = serve(vendor, "openai")
    Endpoint.objects.update(wire="responses")
    empty = {**FUNCTION_CALL, "arguments": ""}
    vendor.play([responses_item(empty) + responses_end(output=[empty])])
    vendor.play([ROUNDS["responses"][1]])
    assert reply_to(connect(cast.bob), model, project).status == "complete"
    *_, call, told = vendor.requests[1].json["input"]
    assert (call["arguments"], told["output"]) == ("{}", tools.BAD_QUERY)


def test_a_call_without_what_tells_it_apart_is_answered_in_words(
    cast: Cast, project: Project, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    function = {"name": tools.SEARCH, "arguments": json.dumps(QUERY)}
    vendor.play([openai_chunk(tool_calls=[{"type": "function", "function": function}]) + openai_end("tool_calls")])
    vendor.play([openai_stream(["Well."])])
    assert reply_to(connect(cast.bob), model, project).text == "Well."
    last = vendor.requests[1].json["messages"][-1]
    assert last["role"] == "user"
    assert f"{tools.SEARCH}: {telling.FOUND}" in last["content"]


# --- Who may read ---------------------------------------------------------------------------------------------------


def taken_from_the_team(cast: Cast, project: Project) -> None:
    actions.remove_member(cast.alice, cast.team.pk, cast.bob.pk)


def deleted(cast: Cast, project: Project) -> None:
    for held in ProjectFile.objects.all():
        project_files.remove_file(cast.alice, project.pk, held.file_id)


def no_longer_looked_up(cast: Cast, project: Project) -> None:
    for held in ProjectFile.objects.all():
        project_files.change_file(cast.alice, project.pk, held.file_id, looked_up=False)


def moved_out(cast: Cast, project: Project) -> None:
    Conversation.objects.get().advance(1, project=None)


@pytest.mark.parametrize("change", [taken_from_the_team, deleted, no_longer_looked_up, moved_out])
def test_access_is_judged_when_the_model_asks(
    cast: Cast,
    project: Project,
    model: LanguageModel,
    vendor: FakeVendor,
    connect: Connect,
    change: Callable[[Cast, Project], None],
) -> None:
    read = (tools.READ, '{"name": "travel-policy.md"}')
    vendor.play([openai_event("I look. "), vendor.gate, openai_call(search(), read)])
    vendor.play([openai_stream(["Nothing."])])
    ask(connect(cast.bob), model, "Prices?", project=str(project.pk))
    vendor.next_request()
    change(cast, project)
    vendor.gate.set()
    vendor.next_request()
    found, held = results(vendor.requests[1])
    assert "140" not in found + held
    assert "travel-policy" not in found
    assert held.startswith("The project has no such file")


def test_nobody_is_offered_what_is_not_there(
    cast: Cast, project: Project, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    socket = connect(cast.bob)
    ask(socket, model)
    socket.event("message.finished")
    reply_to(socket, model, project, parameters={"web_search": True})
    deleted(cast, project)
    reply_to(socket, model, project)
    assert not any("functions" in json.dumps(request.json) for request in vendor.requests)
    assert [[one for one in request.json.get("tools", ()) if "function" in one] for request in vendor.requests] == [
        [], [], [],
    ]  # fmt: skip


REFUSALS = [
    ("no:functions", "registry.ollama.ai/library/dolphin-mistral:latest does not support tools"),
    ("no:functions", "tools is not supported in this model. For a list of supported models, refer to a page."),
    ("", "Bad request."),
]


@pytest.mark.parametrize(("learnt", "sentence"), REFUSALS)
def test_a_model_that_takes_no_functions_answers_without(
    cast: Cast, project: Project, model: LanguageModel, vendor: FakeVendor, connect: Connect, learnt: str, sentence: str
) -> None:
    vendor.script = lambda request: (
        [400, {"Content-Type": "application/json"}, json.dumps({"error": {"message": sentence}}).encode()]
        if "tools" in request.json
        else [openai_stream(["Well."])]
    )
    socket = connect(cast.bob)
    for _ in range(2):
        assert reply_to(socket, model, project).text == "Well."
    assert len(vendor.requests) == (3 if learnt else 4)
    assert Deployment.objects.get().learnt == ([learnt] if learnt else [])


# --- Money ----------------------------------------------------------------------------------------------------------


def test_each_call_is_paid(
    cast: Cast, project: Project, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    Deployment.objects.update(input_price=1, output_price=2)
    Budget.objects.create(kind="person", target=None, period="month", hard=1)
    vendor.play([openai_call(search())])
    vendor.play([openai_stream(["Well."])])
    reply = reply_to(connect(cast.bob), model, project)
    costs = [call.cost for call in UsageRecord.objects.filter(message=reply.pk)]
    assert costs == [13, 13]
    assert (reply.cost, reply.input_tokens, reply.output_tokens) == (26, 6, 10)
    assert (Tally.objects.get().spent, Tally.objects.get().reserved, Reservation.objects.count()) == (26, 0, 0)


def test_a_budget_that_is_spent_meanwhile_ends_the_reply(
    cast: Cast, project: Project, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    Deployment.objects.update(input_price=1, output_price=2)
    Budget.objects.create(kind="person", target=None, period="month", hard=1)
    vendor.play([openai_event("I look. "), vendor.gate, openai_call(search())])
    socket = connect(cast.bob)
    asked = ask(socket, model, "Prices?", project=str(project.pk))
    vendor.next_request()
    Tally.objects.update(spent=999_000)
    vendor.gate.set()
    socket.event("message.finished")
    reply = Message.objects.get(pk=asked["replies"][0])
    assert (reply.status, reply.error_code, reply.text.strip()) == ("interrupted", "over_budget", "I look.")
    assert len(vendor.requests) == 1
    assert (Tally.objects.get().reserved, Reservation.objects.count()) == (0, 0)


# --- Ends between two calls -----------------------------------------------------------------------------------------

ENDS: dict[str, tuple[Sequence[Any], tuple[str, str, str]]] = {
    "broken off": ([openai_event("So"), close], ("interrupted", "I look.\n\nSo", "cut_off")),
    "refused": ([429, b"{}"], ("interrupted", "I look.\n\n", "rate_limited")),
    "an error": (
        [event({"error": {"message": "boom", "code": "server_error"}})],
        ("interrupted", "I look.\n\n", "vendor_down"),
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_was_written_stays(
    cast: Cast, project: Project, model: LanguageModel, vendor: FakeVendor, connect: Connect, name: str
) -> None:
    steps, expected = ENDS[name]
    vendor.play([openai_call(search(), words="I look.")])
    vendor.play(steps)
    socket = connect(cast.bob)
    reply = reply_to(socket, model, project)
    assert (reply.status, reply.text, reply.error_code) == expected
    assert tools.SEARCH in kinds(reply)
    vendor.play([openai_stream(["140 euros."])])
    socket.ask("reply.continue", message=str(reply.pk))
    socket.event("message.finished")
    assert Message.objects.exclude(pk=reply.pk).latest("id").text.endswith("140 euros.")


def test_a_key_that_is_refused_in_the_second_call_rests(
    cast: Cast, project: Project, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([openai_call(search(), words="I look.")])
    vendor.play([401, b"{}"])
    socket = connect(cast.bob)
    reply = reply_to(socket, model, project)
    assert (reply.status, reply.text, reply.error_code) == ("interrupted", "I look.\n\n", "key_refused")
    assert reply_to(socket, model, project).error_code == "key_refused"
    assert len(vendor.requests) == 2


def halted(live: LiveReply) -> None:
    live.stop()


def withdrawn(live: LiveReply) -> None:
    live.withdraw()


def without_a_database(live: LiveReply) -> None:
    raise OperationalError


@pytest.mark.parametrize(
    ("happens", "status", "code"),
    [
        (halted, "stopped", ""),
        (withdrawn, "interrupted", "key_refused"),
        (without_a_database, "interrupted", "unavailable"),
    ],
)
def test_what_happens_between_two_calls_ends_the_reply_with_what_it_has(
    cast: Cast,
    project: Project,
    model: LanguageModel,
    vendor: FakeVendor,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[LiveReply], None],
    status: str,
    code: str,
) -> None:
    answer = tools.Desk.answer

    def late(desk: tools.Desk, call: Part, first: int, room: int) -> tools.Answer:
        (live,) = hub.replies.values()
        happens(live)
        return answer(desk, call, first, room)

    monkeypatch.setattr(tools.Desk, "answer", late)
    ApiKey.objects.update(max_concurrent=1)
    vendor.play([openai_call(search(), words="I look.")])
    socket = connect(cast.bob)
    reply = reply_to(socket, model, project)
    assert (reply.status, reply.text.strip(), reply.error_code) == (status, "I look.", code)
    assert [call.outcome for call in UsageRecord.objects.all()] == ["tool_call"]
    assert len(vendor.requests) == 1
    monkeypatch.undo()
    assert reply_to(socket, model, project).status == "complete", "the key is free again"


def test_a_stop_in_the_second_call(
    cast: Cast, project: Project, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([openai_call(search(), words="I look.")])
    vendor.play([openai_event("So"), vendor.gate, openai_end()])
    socket = connect(cast.bob)
    asked = ask(socket, model, "Prices?", project=str(project.pk))
    while socket.event("message.delta").get("text") != "So":
        pass
    socket.ask("reply.stop", message=asked["replies"][0])
    socket.event("message.finished")
    reply = Message.objects.get(pk=asked["replies"][0])
    assert (reply.status, reply.text) == ("stopped", "I look.\n\nSo")
    assert [call.outcome for call in UsageRecord.objects.order_by("created_at")] == ["tool_call", "stopped"]


def lookup(*found: dict[str, str]) -> dict[str, Any]:
    return {"kind": "citation", "function": tools.SEARCH, "asked": "hotels", "sources": list(found), "supports": []}


@pytest.mark.parametrize(
    ("after", "outcomes", "tokens"),
    [([], ["tool_call"], None), ([{"kind": "text", "text": "So it is."}], ["tool_call", "server_restarted"], 3)],
)
def test_a_killed_reply_keeps_what_it_has_and_pays_each_call_once(
    cast: Cast,
    project: Project,
    model: LanguageModel,
    vendor: FakeVendor,
    connect: Connect,
    after: list[dict[str, str]],
    outcomes: list[str],
    tokens: int | None,
) -> None:
    other = reply_to(connect(cast.bob), model, project)
    said = [{"kind": "text", "text": "I look.\n\n"}, lookup(), *after]
    about = {"conversation": other.conversation, "parent": other.parent, "author": cast.bob, "model": model}
    reply = Message.objects.create(**about, role="assistant", status="streaming", parts=said, seq=5, revision=9)
    route = route_of(Deployment.objects.get())
    ledger.record(BillingContext.of(reply), ledger.Call(route, ledger.WENT_ON, Usage(3, 5), False, 5, 9))
    recovery.end_replies(Message.objects.filter(pk=reply.pk))
    reply.refresh_from_db()
    assert (reply.status, reply.error_code, reply.parts) == ("interrupted", "server_restarted", said)
    calls = list(UsageRecord.objects.filter(message=reply.pk).order_by("created_at"))
    assert [call.outcome for call in calls] == outcomes
    assert tokens is None or calls[-1].output_tokens == tokens


# --- Elsewhere ------------------------------------------------------------------------------------------------------


def test_an_export_brings_back_what_was_looked_into() -> None:
    whole = {**lookup({"title": "a.md", "domain": "p. 2", "path": "/projects/x/"}), "asked": "x" * 999}
    came = checked(whole)
    assert (came["function"], came["asked"], came["sources"]) == (
        tools.SEARCH,
        "x" * 200,
        [{"title": "a.md", "domain": "p. 2"}],
    )
    assert "function" not in checked({**whole, "function": "delete_file"})


def test_a_full_window_has_no_room_for_calls(
    cast: Cast, project: Project, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    LanguageModel.objects.update(context_window=2_000)
    reply_to(connect(cast.bob), model, project)
    assert "tools" not in vendor.requests[0].json


def test_what_was_looked_into_is_shown_without_what_it_says(
    cast: Cast, project: Project, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([openai_call(search("hotel room"), (tools.READ, '{"name": "考勤制度.md"}'))])
    vendor.play([openai_stream(["Well."])])
    reply = reply_to(connect(cast.bob), model, project, "Tell me.")
    api = Api(cast.bob)
    thread = api.client.get(f"/conversations/{reply.conversation_id}/").content.decode()
    assert "Looked into the files:" in thread
    assert "hotel room</q>" in thread
    assert "考勤制度.md</q>" in thread
    whole = api.client.get(f"/conversations/{reply.conversation_id}/export/?form=markdown").content.decode()
    passages = list(Passage.objects.values_list("text", flat=True))
    for page in (thread, whole, json.dumps(reply.parts, ensure_ascii=False)):
        assert not any(text in page for text in passages)
