"""Web search: how each vendor is told of it, and its sources as one kind of part, whatever shape they come in."""

import json
from typing import Any

import pytest

from providers.client.stream import MAX_SEARCHES, Stream
from providers.errors import VendorError
from providers.transport.network import Network
from providers.types import Address, Delta, Prompt, Turn, Usage
from providers.wires import registry
from providers.wires.declarations import NO_SEARCH, web_search_form
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import Ask, gone_on, said
from tests.providers.dialects import DIALECTS
from tests.providers.reading import outcome, turns
from tests.vendor_replies import (
    Received,
    event,
    gemini_end,
    gemini_event,
    openai_chunk,
    openai_end,
    openai_event,
    openai_stream,
)

DASHSCOPE, OPENROUTER = "https://dashscope.aliyuncs.com/compatible-mode/v1", "https://openrouter.ai/api/v1"


def sent(wire: str, base_url: str, model: str, chosen: str = "", **parameters: Any) -> dict[str, Any]:
    """Return the fields that a request has only because the web may be searched."""
    address = Address(wire, base_url, web_search=chosen)

    def body(search: bool) -> dict[str, Any]:
        prompt = Prompt(model, turns("Hi"), parameters={"web_search": search, **parameters})
        whole: dict[str, Any] = json.loads(registry.wire(wire).request(address, prompt).body)
        return whole

    plain = body(False)
    return {name: value for name, value in body(True).items() if plain.get(name) != value}


# --- The question ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base_url", "model", "usual"),
    [
        ("https://api.openai.com/v1", "gpt-5-search-api", {"web_search_options": {}}),
        ("https://www.dmxapi.cn/v1", "gpt-4o-mini-search-preview", {"web_search_options": {}}),
        ("https://api.openai.com/v1", "gpt-5-mini", {}),
        (DASHSCOPE, "qwen-plus", {"enable_search": True}),
        ("https://www.dmxapi.cn/v1", "qwen3-max", {"enable_search": True}),
        ("http://localhost:11434/v1", "qwen3", {}),
        (OPENROUTER, "qwen/qwen3-max", {"tools": [{"type": "openrouter:web_search"}]}),
        ("https://qianfan.baidubce.com/v2", "ernie", {"web_search": {"enable": True, "enable_citation": True}}),
        ("https://openrouter.ai.evil.example/v1", "m", {}),
        ("https://[broken/v1", "m", {}),
    ],
)
def test_the_usual_form_goes_by_address_and_model(base_url: str, model: str, usual: dict[str, Any]) -> None:
    assert sent("openai", base_url, model) == usual


def test_zhipu_is_sent_its_own_tool_beside_the_functions() -> None:
    fields = sent("openai", "https://open.bigmodel.cn/api/paas/v4", "glm-4.6", functions=[{"name": "f"}])
    assert [tool["type"] for tool in fields["tools"]] == ["web_search", "function"]
    assert fields["tools"][0]["web_search"]["search_result"] is True


@pytest.mark.parametrize(
    ("wire", "chosen", "fields"),
    [
        ("openai", "plugins", {"plugins": [{"id": "web"}]}),
        ("openai", "online_search", {"online_search": True}),
        ("openai", "tools:web_search", {"tools": [{"type": "web_search"}]}),
        ("gemini", "", {"tools": [{"googleSearch": {}}]}),
        ("gemini", "googleSearchRetrieval", {"tools": [{"googleSearchRetrieval": {}}]}),
        ("anthropic", "", {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
        ("anthropic", "web_search_20260209", {"tools": [{"type": "web_search_20260209", "name": "web_search"}]}),
    ],
)
def test_an_administrator_chooses_another_form_or_none(wire: str, chosen: str, fields: dict[str, Any]) -> None:
    assert sent(wire, "https://vendor.example", "m", chosen) == fields
    assert sent(wire, "https://vendor.example", "m", NO_SEARCH) == {}


def test_the_responses_wire_asks_for_the_sources_of_its_search_too() -> None:
    fields = sent("responses", "https://vendor.example/v1", "m", "web_search_preview")
    assert fields["tools"] == [{"type": "web_search_preview"}]
    assert "web_search_call.action.sources" in fields["include"]
    assert sent("responses", "https://vendor.example/v1", "m", NO_SEARCH) == {}


def test_a_form_of_another_wire_is_not_sent() -> None:
    assert sent("gemini", "https://vendor.example", "m", "enable_search") == {"tools": [{"googleSearch": {}}]}
    names = [form.name for wire in registry.WIRES.values() for form in wire.WEB_SEARCHES]
    assert len(set(names)) == len(names)
    assert web_search_form((), "plugins", "", "") is None


JSON = {"Content-Type": "application/json"}


def asked_of(vendor: FakeVendor, chosen: str) -> tuple[list[Delta], list[Stream]]:
    """Ask a question in a form of web search; returns what came of all calls, and their streams."""
    address = Address("openai", vendor.openai_url, web_search=chosen)

    def call(said: tuple[Turn, ...], searches: int) -> Stream:
        asked = Prompt("m", said or turns("Hi"), parameters={"web_search": True})
        return Stream(address, asked, network=Network(vendor.private_hosts), searches=searches)

    return gone_on(call)


def answered(vendor: FakeVendor, chosen: str) -> Stream:
    """Ask a question over a form that a vendor perhaps refuses; it is answered all the same."""
    deltas, streams = asked_of(vendor, chosen)
    assert "".join(delta.text for delta in deltas) == "Hello"
    return streams[-1]


@pytest.mark.parametrize(
    ("chosen", "status", "sentence"),
    [
        ("", 200, ""),
        ("enable_search", 400, "Unrecognized request argument supplied: enable_search"),
        ("web_search_options", 400, "Web search options not supported with this model."),
        ("openrouter:web_search", 404, "No endpoints found that support tool use. To learn more, visit the site."),
        ("tools:web_search", 400, "Hosted tool 'web_search' is not supported with this model."),
        ("$web_search", 400, "function $web_search is not available for this model"),
    ],
)
def test_a_refused_search_is_left_out_and_said(vendor: FakeVendor, chosen: str, status: int, sentence: str) -> None:
    plain = {"model", "stream", "messages"}
    vendor.script = lambda call: (
        [openai_stream(["Hello"])]
        if call.json.keys() <= plain
        else [status, JSON, json.dumps({"error": {"message": sentence}}).encode()]
    )
    reply = answered(vendor, chosen)
    assert [(change.parameter, change.sent) for change in reply.left_out] == [("web_search", None)]
    assert bool(reply.quirks) == (status == 400)


@pytest.mark.parametrize(
    ("wire", "status", "sentence", "lasts"),
    [
        ("anthropic", 403, "Web search is not enabled for this organization.", True),
        ("anthropic", 403, "web_search_20250305 is not available on your plan", True),
        ("gemini", 403, "Search Grounding is not enabled for this project.", True),
        ("responses", 403, "The tool web_search is not allowed for this account.", True),
        ("responses", 501, "web_search is not implemented", False),
    ],
)
def test_an_account_without_a_right_to_search_answers_without(
    wire_vendor: FakeVendor, ask: Ask, wire: str, status: int, sentence: str, lasts: bool
) -> None:
    """Only where the refusal names the search: any other of a key stays one."""
    refusal = [status, JSON, json.dumps({"error": {"message": sentence, "type": "permission_error"}}).encode()]
    answer = [next(one for one in DIALECTS if one.wire == wire).stream("Hello")]
    wire_vendor.script = lambda call: refusal if "tools" in call.json else answer
    stream = ask(wire=wire, parameters={"web_search": True})
    assert said(stream) == "Hello"
    assert [(change.parameter, change.sent) for change in stream.left_out] == [("web_search", None)]
    assert bool(stream.quirks) == lasts
    wire_vendor.requests.clear()
    wire_vendor.script = lambda call: [403, JSON, b'{"error": {"message": "Key revoked", "type": "permission_error"}}']
    with pytest.raises(VendorError):
        said(ask(wire=wire, parameters={"web_search": True}))
    assert len(wire_vendor.requests) == 1


TAGS = "'bash_20250124', 'custom', 'text_editor_20250124'"


@pytest.mark.parametrize(
    ("wire", "sentence"),
    [
        ("gemini", "Search Grounding is not supported."),
        ("gemini", "Search as tool is not enabled for models/gemma-3-27b-it"),
        ("gemini", "Invalid JSON payload received. Unknown name \"googleSearch\" at 'tools[0]': Cannot find field."),
        ("gemini", "Tool use with function calling is unsupported: google_search"),
        ("anthropic", f"tools.0: Input tag 'web_search_20250305' found using 'type' does not match any of: {TAGS}"),
        ("anthropic", "'claude-3-haiku' does not support tool types: web_search_20250305. Did you mean one of custom?"),
        ("anthropic", "Web search is not enabled for this organization."),
        ("anthropic", "tools.0.input_schema: Field required"),
        ("responses", "Hosted tool 'web_search' is not supported with this model."),
        ("responses", "Unsupported tool type: web_search"),
        ("responses", "Invalid value: 'web_search'. Supported values are: 'function' and 'custom'."),
        ("responses", "The requested tool web_search is not available for this model."),
    ],
)
def test_a_search_that_is_refused_on_another_wire_is_left_out_too(
    wire_vendor: FakeVendor, ask: Ask, wire: str, sentence: str
) -> None:
    def script(request: Received) -> list[Any]:
        if "tools" in request.json:
            error = {"message": sentence, "type": "invalid_request_error", "code": 400, "status": "INVALID_ARGUMENT"}
            return [400, JSON, json.dumps({"type": "error", "error": error}).encode()]
        return [next(one for one in DIALECTS if one.wire == wire).stream("Hello")]

    wire_vendor.script = script
    stream = ask(wire=wire, parameters={"web_search": True})
    assert said(stream) == "Hello"
    assert [(change.parameter, change.sent) for change in stream.left_out] == [("web_search", None)]


@pytest.mark.parametrize("form", [form.name for form in registry.wire("openai").WEB_SEARCHES])
def test_a_search_that_is_accepted_is_not_said_to_be_left_out(vendor: FakeVendor, form: str) -> None:
    vendor.script = lambda call: [openai_stream(["Hello"])]
    assert answered(vendor, form).left_out == []


def moonshot(vendor: FakeVendor, times: int) -> None:
    """Let the vendor search so many times, each by a call that it wants to be given back, before it answers."""
    call = {"index": 0, "type": "builtin_function", "function": {"name": "$web_search", "arguments": ARGUMENTS}}

    def script(request: Received) -> list[Any]:
        number = sum(message["role"] == "tool" for message in request.json["messages"])
        usage = {"prompt_tokens": 10, "completion_tokens": 1}
        if number == times:
            return [openai_event("Hello") + openai_end(usage=usage)]
        piece = openai_chunk(tool_calls=[{**call, "id": f"c{number}"}])
        return [piece + openai_end("tool_calls", usage=usage)]

    vendor.script = script


ARGUMENTS = '{"q":  "tea \\u8336", "search_result": {"search_id": "x"}}'


def test_moonshot_is_given_its_own_calls_back_unchanged(vendor: FakeVendor) -> None:
    moonshot(vendor, 2)
    reply = answered(vendor, "$web_search")
    last = vendor.requests[-1].json["messages"]
    assert [message["role"] for message in last] == ["user", "assistant", "tool", "assistant", "tool"]
    assert last[1]["tool_calls"][0]["type"] == "builtin_function"
    assert last[1]["tool_calls"][0]["function"]["arguments"] == last[2]["content"] == ARGUMENTS
    assert [message["tool_call_id"] for message in last if message["role"] == "tool"] == ["c0", "c1"]
    assert (reply.finish and reply.finish.reason, reply.left_out) == ("stop", [])
    assert reply.usage == Usage(10, 1), "each call has its own count"


def test_moonshot_that_thinks_is_given_its_thoughts_back_too(vendor: FakeVendor) -> None:
    """Source of the sentence: continue#11600."""
    call = {
        "index": 0,
        "id": "c",
        "type": "builtin_function",
        "function": {"name": "$web_search", "arguments": ARGUMENTS},
    }

    def script(request: Received) -> list[Any]:
        if len(messages := request.json["messages"]) == 1:
            thoughts = openai_chunk(reasoning_content="I look ") + openai_chunk(reasoning_content="it up.")
            return [thoughts + openai_chunk(tool_calls=[call]) + openai_end("tool_calls")]
        if messages[1].get("reasoning_content") == "I look it up.":
            return [openai_stream(["Hello"])]
        told = "thinking is enabled but reasoning_content is missing in assistant tool call message at index 1"
        return [400, JSON, json.dumps({"error": {"message": told, "type": "invalid_request_error"}}).encode()]

    vendor.script = script
    assert answered(vendor, "$web_search").left_out == []
    assert len(vendor.requests) == 3


def test_a_vendor_that_searches_for_ever_is_asked_a_few_times(vendor: FakeVendor) -> None:
    moonshot(vendor, 10**6)
    deltas, streams = asked_of(vendor, "$web_search")
    parts = [delta.part.kind for delta in deltas if delta.part]
    assert (parts, len(vendor.requests), len(streams)) == (["call"], MAX_SEARCHES + 1, MAX_SEARCHES + 1)
    assert {stream.usage for stream in streams} == {Usage(10, 1)}


# --- The sources ----------------------------------------------------------------------------------------------------

A, B = "https://a.example/x", "https://b.example/"
PAGES = [("A", A), ("B", B)]
SAID = "Tea is green."


def chat(*events: dict[str, Any], delta: dict[str, Any] | None = None) -> bytes:
    return b"".join([openai_event(SAID, **(delta or {})), *map(event, events), openai_end()])


def annotation(title: str, url: Any, **place: Any) -> dict[str, Any]:
    return {"type": "url_citation", "url_citation": {"title": title, "url": url, **place}}


def grounded(pages: list[tuple[Any, Any]]) -> bytes:
    metadata = {"groundingChunks": [{"web": {"title": title, "uri": url}} for title, url in pages]}
    return gemini_event(SAID) + event({"candidates": [{"groundingMetadata": metadata}]}) + gemini_end()


def claude(pages: list[tuple[Any, Any]]) -> bytes:
    hits = [{"type": "web_search_result", "url": url, "title": title, "encrypted_content": "x"} for title, url in pages]
    places = [
        {"type": "web_search_result_location", "url": url, "title": title, "cited_text": "c"} for title, url in pages
    ]
    result = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": hits}
    use = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "tea"}}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": use},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": result},
        {"type": "content_block_stop", "index": 1},
        {"type": "content_block_start", "index": 2, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 2, "delta": {"type": "text_delta", "text": SAID}},
        *(
            {"type": "content_block_delta", "index": 2, "delta": {"type": "citations_delta", "citation": place}}
            for place in places
        ),
        {"type": "content_block_stop", "index": 2},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        {"type": "message_stop"},
    ]
    return b"".join(map(event, events))


def responses(pages: list[tuple[Any, Any]]) -> bytes:
    notes = [
        {"type": "url_citation", "url": url, "title": title, "start_index": 0, "end_index": 3} for title, url in pages
    ]
    text = {"type": "output_text", "text": SAID, "annotations": notes}
    item = {"type": "message", "role": "assistant", "content": [text]}
    done = {"status": "completed", "output": [item]}
    return b"".join(
        map(
            event,
            (
                {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": SAID},
                {"type": "response.output_item.done", "output_index": 0, "item": item},
                {"type": "response.completed", "response": done},
            ),
        )
    )


Shape = tuple[str, Any]
SHAPES: dict[str, Shape] = {
    "Gemini's grounding": ("gemini", grounded),
    "OpenAI's annotations": (
        "openai",
        lambda pages: chat(delta={"annotations": [annotation(*page) for page in pages]}),
    ),
    "Responses' annotations": ("responses", responses),
    "Anthropic's results and citations": ("anthropic", claude),
    "Perplexity's search_results": (
        "openai",
        lambda pages: chat(
            {"choices": [], "citations": [url for _, url in pages], "search_results": _listed(pages, "url")}
        ),
    ),
    "Zhipu's web_search": ("openai", lambda pages: chat({"choices": [], "web_search": _listed(pages, "link")})),
    "Qwen's search_info": (
        "openai",
        lambda pages: chat({"choices": [], "search_info": {"search_results": _listed(pages, "url")}}),
    ),
    "Volcengine's references": ("openai", lambda pages: chat({"choices": [], "references": _listed(pages, "url")})),
}


def _listed(pages: list[tuple[Any, Any]], address: str) -> list[dict[str, Any]]:
    return [{"title": title, address: url, "index": at} for at, (title, url) in enumerate(pages, 1)]


every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


def cited(shape: Shape, pages: list[Any], piece: int = 1 << 20) -> list[dict[str, Any]]:
    wire, written = shape
    body: bytes = written(pages)
    read = outcome(wire, [body[at : at + piece] for at in range(0, len(body), piece)])
    assert (read["text"], read.get("error")) == (SAID, None)
    return [part for part in read.get("parts", []) if part["kind"] == "citation"]


@every_shape
@pytest.mark.parametrize("piece", [1, 1 << 20])
def test_the_sources_are_the_same_whatever_shape_they_come_in(shape: Shape, piece: int) -> None:
    [part] = cited(shape, [*PAGES, PAGES[0]], piece)
    assert [(source["title"], source["uri"]) for source in part["sources"]] == PAGES


@every_shape
def test_hostile_sources_are_bounded_and_harmless(shape: Shape) -> None:
    bad = [
        "javascript:alert(1)",
        "data:text/html,x",
        "//a.example",
        7,
        None,
        [],
        {"url": A},
        "https://[",
        "http:" + "x" * 9999,
    ]
    pages = [
        ("\u202eT\n" + "T" * 100_000, A),
        *((f"bad {at}", url) for at, url in enumerate(bad)),
        (["x"], B),
        ("blanks", "https://x.example/a\n\n# b"),
        (None, "http://c.example/"),
    ]
    [part] = cited(shape, [*pages, *((f"n{at}", f"https://x.example/{at}") for at in range(10_000))])
    assert len(part["sources"]) <= 500
    links = [source["uri"] for source in part["sources"] if source["uri"]]
    assert links[:2] == [A, B]
    assert all(link.split() == [link] for link in links), "in Markdown no line begins within an address"
    assert all(link.startswith(("https://", "http://c.example")) for link in links)
    assert max(len(source["title"]) for source in part["sources"]) <= 300
    assert not any(set(source["title"]) & set("\u202e\n") for source in part["sources"]), "nothing turns its host round"


@every_shape
@pytest.mark.parametrize("pages", [[], [(None, None)], [({}, [])]])
def test_what_names_no_page_is_no_source(shape: Shape, pages: list[Any]) -> None:
    assert cited(shape, pages) == []


# --- Their places ---------------------------------------------------------------------------------------------------

CHINESE = "茶是绿色的😀。水很深😀。完"
SENTENCES = [(0, 7), (7, 12)]
"""The places at which its two sentences begin and end: characters."""


def units(text: str, encoding: str) -> int:
    return len(text.encode(encoding)) // (2 if "16" in encoding else 1)


def placed(*places: tuple[int, int], text: str = CHINESE, late: bool = True) -> list[tuple[int, int]]:
    """Return where the sources of an answer stand that were told at these places, behind its text or before it."""
    told = openai_chunk(annotations=[annotation(f"T{at}", A, start_index=at, end_index=end) for at, end in places])
    said = openai_event(text)
    read = outcome("openai", [(said + told if late else told + said) + openai_end()])
    [part] = [part for part in read["parts"] if part["kind"] == "citation"]
    return [(one["start"], one["end"]) for one in part["supports"]]


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-16-le", "utf-8"])
def test_places_are_found_in_whatever_unit_they_are_counted(encoding: str, late: bool) -> None:
    """A place behind the end of the text tells that the unit is smaller than a character."""
    whole = [(0, len(CHINESE))] if encoding != "utf-32-le" else []
    size = 4 if encoding == "utf-32-le" else 1

    def told(at: int) -> int:
        return units(CHINESE[:at], encoding) // size

    found = placed(*((told(start), told(end)) for start, end in [*SENTENCES, *whole]), late=late)
    assert found == sorted([*SENTENCES, *whole])


def test_places_that_are_nowhere_are_within_the_text() -> None:
    for places in ([(0, 10**8)], [(5, 10**9 + 1)], [(-3, -1)], [(9, 3)], [(10**8, 10**8 + 1)], [(1, 2), (3, 10**8)]):
        for start, end in placed(*places):
            assert 0 <= start < end <= len(CHINESE)


def test_a_quote_that_is_there_twice_is_found_at_its_own_place() -> None:
    """Gateways that change the text leave Gemini's numbers as they were."""
    text = "Yes. So it is. Well. So it is. End."
    segment = {"startIndex": 24, "endIndex": 33, "text": "So it is."}
    support = {"segment": segment, "groundingChunkIndices": [0]}
    metadata = {"groundingChunks": [{"web": {"uri": A, "title": "A"}}], "groundingSupports": [support]}
    read = outcome(
        "gemini", [gemini_event(text) + event({"candidates": [{"groundingMetadata": metadata}]}) + gemini_end()]
    )
    [part] = [part for part in read["parts"] if part["kind"] == "citation"]
    assert [(one["start"], one["end"]) for one in part["supports"]] == [(21, 30)]


@every_shape
def test_sources_cut_anywhere_are_the_same(shape: Shape) -> None:
    wire, written = shape
    body: bytes = written([("茶 & 水", "https://茶.example/水?a=1&b=2"), *PAGES])
    whole = outcome(wire, [body])
    assert len(whole["parts"][-1].get("sources", whole["parts"][-1])) >= 3 or wire == "anthropic"
    for at in range(1, len(body), 7):
        assert outcome(wire, [body[:at], body[at:]]) == whole
