"""Import formats: what each tool keeps in places of its own comes as words, parts and states of ours."""

import json
from typing import Any

import pytest

from conversations.imports import fields
from conversations.imports.formats.registry import format_of, thread_of
from conversations.imports.thread import Attachment, Thread
from conversations.imports.tree import in_order


class NoFiles:
    def at(self, path: str) -> bytes | None:
        return None

    def called(self, key: str) -> bytes | None:
        return None

    def name_of(self, key: str) -> str:
        return ""


def read(raw: dict[str, Any]) -> Thread:
    form = format_of(raw)
    assert form
    return thread_of(form, raw, NoFiles())


def last_parts(raw: dict[str, Any]) -> list[Any]:
    """Return the parts of the last message, each as its kind and what it holds."""
    return [
        "attachment" if isinstance(part, Attachment) else {name: value for name, value in part.items() if value}
        for part in read(raw).messages[-1].parts
    ]


def text(said: str) -> dict[str, str]:
    return {"kind": "text", "text": said}


def open_webui(**reply: Any) -> dict[str, Any]:
    messages = {
        "a": {"id": "a", "role": "user", "content": "Well?"},
        "b": {"id": "b", "parentId": "a", "role": "assistant", **reply},
    }
    return {"id": "1", "title": "T", "chat": {"history": {"currentId": "b", "messages": messages}}}


def chatgpt(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a conversation in which each message stands below the one before, which alone says so."""
    keys = [str(place) for place in range(len(messages))]
    nodes = {
        key: {"message": {"author": {"role": "assistant"}, **message}, "children": [str(int(key) + 1)]}
        for key, message in zip(keys, messages, strict=True)
    }
    return {"id": "1", "title": "T", "mapping": nodes, **more}


def content(*said: Any) -> dict[str, Any]:
    return {"content_type": "text", "parts": list(said)}


def claude(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"uuid": "1", "name": "T", "chat_messages": [{"sender": "assistant", "content": list(blocks)}], **more}


MARKED = (
    '\ue200entity\ue202["city","Paris"]\ue201, \ue200cite\ue202turn0search0\ue201 '
    "\ue200url\ue202here\ue202https://example.org/a\ue201【1†a】【2†b】"
)


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        (
            open_webui(
                content='<details type="tool_calls" done="true" id="1" name="weather" '
                'arguments="&quot;{\\&quot;city\\&quot;: \\&quot;北京\\&quot;}&quot;" result="&quot;Sun&quot;">\n'
                "<summary>Tool Executed</summary>\n</details>\nFine."
            ),
            [
                {"kind": "call", "name": "weather", "arguments": {"city": "北京"}},
                {"kind": "call_result", "name": "weather", "response": "Sun"},
                text("Fine."),
            ],
        ),
        (
            open_webui(
                content='<details type="code_interpreter" done="true" output="{&quot;stdout&quot;: &quot;42&quot;}">\n'
                "<summary>Analyzed</summary>\n```python\nprint(42)\n```\n</details>\nDone."
            ),
            [
                {"kind": "code", "text": "print(42)", "language": "python"},
                {"kind": "code_result", "text": "42", "outcome": "ok"},
                text("Done."),
            ],
        ),
        (
            open_webui(
                output=[
                    {"type": "function_call", "call_id": "1", "name": "clock", "arguments": "{}"},
                    {"type": "function_call_output", "call_id": "1", "output": "Noon"},
                    {"type": "message", "content": [{"type": "output_text", "text": "It is noon."}]},
                ]
            ),
            [
                {"kind": "call", "name": "clock", "raw": "{}"},
                {"kind": "call_result", "name": "clock", "response": "Noon"},
                text("It is noon."),
            ],
        ),
        (open_webui(content=[{"type": "text", "text": "In a list."}]), [text("In a list.")]),
        (
            open_webui(content="A [1].", sources=[{"source": {"name": "Doc", "url": "https://example.org/"}}]),
            [text("A [1]."), {"kind": "citation", "sources": [{"uri": "https://example.org/", "title": "Doc"}]}],
        ),
        (
            chatgpt(
                {
                    "content": {"content_type": "code", "text": json.dumps({"name": "Plan", "type": "code/python",
                                                                            "content": "1\n"})},
                    "recipient": "canmore.create_textdoc",
                },
                {"author": {"role": "tool", "name": "canmore.create_textdoc"}, "content": content("Created.")},
                {"content": content('{"size": 1}'), "recipient": "dalle.text2im"},
                {"content": content("Here.")},
            ),
            [
                text("**Plan**\n\n```python\n1\n```"),
                {"kind": "call_result", "name": "canmore.create_textdoc", "response": "Created."},
                {"kind": "call", "name": "dalle.text2im", "arguments": {"size": 1}},
                text("\n\nHere."),
            ],
        ),
        (
            chatgpt(
                {
                    "content": {
                        "content_type": "multimodal_text",
                        "parts": [
                            {"content_type": "audio_transcription", "text": "Hi."},
                            {"audio_asset_pointer": {"asset_pointer": "sediment://file_01"}},
                        ],
                    }
                }
            ),
            [text("Hi."), "attachment"],
        ),
        (
            claude(
                {"type": "tool_use", "name": "artifacts",
                 "input": {"type": "text/html", "title": "Page", "content": "<p>````</p>"}},
                {"type": "text", "text": "Done."},
            ),
            [text("**Page**\n\n`````html\n<p>````</p>\n`````"), text("\n\nDone.")],
        ),
        (
            chatgpt(
                {
                    "content": content(MARKED),
                    "metadata": {
                        "content_references": [
                            {"matched_text": "\ue200cite\ue202turn0search0\ue201", "alt": "([E](https://example.org/))",
                             "items": [{"url": "https://example.org/", "title": "E",
                                        "supporting_websites": [{"url": "https://example.com/", "title": "C"}]}]},
                        ],
                        "citations": [{"start_ix": MARKED.index("【1"),
                                       "metadata": {"title": "O", "url": "https://example.net/"}}],
                    },
                },
            ),
            [
                text("Paris, ([E](https://example.org/)) [here](https://example.org/a) ([O](https://example.net/))【2†b】"),
                {"kind": "citation", "sources": [{"uri": "https://example.org/", "title": "E"},
                                                 {"uri": "https://example.com/", "title": "C"}]},
            ],
        ),
        (
            chatgpt(
                {
                    "content": {"content_type": "execution_output", "text": "done"},
                    "metadata": {"aggregate_result": {"messages": [{"image_url": "file-service://file-1"}]}},
                },
            ),
            [{"kind": "code_result", "text": "done", "outcome": "ok"}, "attachment"],
        ),
        (
            claude({"type": "text", "text": 'Look.\n<antArtifact identifier="a" type="text/markdown" title="Plan">\n'
                                            "# One\n</antArtifact>\nDone."}),
            [text("Look.\n"), text("\n\n**Plan**\n\n# One"), text("\n\n\nDone.")],
        ),
        (
            {
                "id": "1", "title": "T", "inserted_at": "2025-02-01T10:00:00+08:00",
                "mapping": {
                    "root": {"message": None},
                    "1": {"parent": "root", "message": {"fragments": [{"type": "REQUEST", "content": "你好"}]}},
                    "2": {"parent": "1", "message": {"model": "deepseek-reasoner", "fragments": [
                        {"type": "SEARCH", "results": [{"url": "https://example.org/", "title": "E"}]},
                        {"type": "THINK", "content": "Hm."}, {"type": "RESPONSE", "content": "你好！"}]}},
                },
            },
            [
                {"kind": "citation", "sources": [{"uri": "https://example.org/", "title": "E"}]},
                {"kind": "thought", "text": "Hm."},
                text("你好！"),
            ],
        ),
        (
            {"messages": [{"role": "system", "content": "A talk."}, {"role": "assistant", "content": "您好"}]},
            [text("您好")],
        ),
    ],
)  # fmt: skip
def test_what_is_kept_beside_the_words_comes_too(raw: dict[str, Any], parts: list[Any]) -> None:
    assert last_parts(raw) == parts


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (open_webui(content="", error={"content": "No such model."}), "No such model."),
        (
            {"conversationId": "1", "messages": [{"content": [{"type": "error", "error": "Too many requests."}]}]},
            "Too many requests.",
        ),
    ],
)
def test_what_was_an_error_there_is_a_failed_reply_here(raw: dict[str, Any], words: str) -> None:
    failed = read(raw).messages[-1]
    assert failed.fields["status"] == "failed"
    assert failed.parts == [text(words)]


@pytest.mark.parametrize(
    ("raw", "arranged"),
    [
        ({**open_webui(content="x"), "pinned": True, "archived": False}, {"pinned": True}),
        ({**open_webui(content="x"), "archived": True}, {"archived": True}),
        (
            chatgpt({"content": content("x")}, is_archived=True, pinned_time=1756000000.5),
            {"pinned": True, "archived": True},
        ),
        (claude(is_starred=True), {"pinned": True}),
    ],
)  # fmt: skip
def test_pins_and_the_archive_come_too(raw: dict[str, Any], arranged: dict[str, bool]) -> None:
    assert read(raw).arranged == arranged


@pytest.mark.parametrize(
    ("raw", "model"),
    [
        (chatgpt({"content": content("x"), "metadata": {}}), "ChatGPT"),
        (chatgpt({"content": content("x")}, default_model_slug="gpt-5"), "gpt-5"),
        (claude({"type": "text", "text": "x"}), "Claude"),
        (open_webui(content="x"), "Open WebUI"),
        (
            {"topic": "T", "mask": {"modelConfig": {"model": "m"}},
             "messages": [{"role": "assistant", "content": "x"}]},
            "m",
        ),
    ],
)  # fmt: skip
def test_a_reply_of_no_model_has_the_conversations_or_the_tools_name(raw: dict[str, Any], model: str) -> None:
    assert read(raw).messages[-1].model == model


def test_a_node_without_a_parent_stands_below_the_one_that_names_it() -> None:
    raw = chatgpt({"author": {"role": "user"}, "content": content("Well?")}, {"content": content("Yes.")})
    assert [message.parent for message in read(raw).messages] == [None, "0"]


@pytest.mark.parametrize(
    "written", ["2024/5/1 下午2:03:04", "2024. 5. 1. 오후 2:03:04", "5/1/2024, 2:03:04\u202fPM", "01/05/2024 14:03:04"]
)
def test_times_are_read_as_browsers_of_many_languages_write_them(written: str) -> None:
    found = fields.time(written)
    assert found
    assert found.isoformat() == "2024-05-01T14:03:04+00:00"


def test_a_first_message_without_a_time_has_the_earliest_of_the_others() -> None:
    raw = {"topic": "T", "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!",
                                                                        "date": 1714550000}]}  # fmt: skip
    first, second = in_order(read(raw).messages, None)
    assert first.created_at == second.created_at
