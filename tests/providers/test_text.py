"""Text that arrives in pieces is repaired, split and masked as if it came whole."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.errors import cut
from providers.reading.words.think_tags import MAX_BLANKS, ThinkTags, unopened_thought
from providers.text import Characters, KeyMask, without_key
from tests.providers.reading import outcome
from tests.vendor_replies import gemini_end, gemini_event, openai_end, openai_event

KEY = "sk-aabaab12"


def pieces_of(text: str, cuts: Sequence[int]) -> list[str]:
    """Return `text` cut at places taken modulo its length."""
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return [text[start:stop] for start, stop in pairwise(edges)]


CUTS = st.lists(st.integers(0, 60), max_size=8)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(["\ud83d", "\ude00", "\x00", "a", "é", "😀"]), max_size=20), CUTS)
def test_surrogates_join_however_cut(units: list[str], cuts: list[int]) -> None:
    text = "".join(units)
    characters = Characters()
    repaired = "".join(map(characters.feed, pieces_of(text, cuts))) + characters.flush()
    assert repaired == text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")
    repaired.encode()


@settings(max_examples=200)
@given(st.lists(st.sampled_from([KEY, KEY[:5], "s", "sk", "-", "a", "b12", " "]), max_size=12), CUTS)
def test_a_key_is_masked_however_cut(words: list[str], cuts: list[int]) -> None:
    text = "".join(words)
    mask = KeyMask(KEY)
    shown = "".join(map(mask.feed, pieces_of(text, cuts))) + mask.flush()
    assert shown == text.replace(KEY, "••••" + KEY[-4:])


def test_a_quoted_key_is_masked_too() -> None:
    assert KeyMask("abc/def+ghi=").whole("?key=abc%2Fdef%2Bghi%3D") == "?key=••••ghi="


LONG_KEY = "sk-test-0123456789abcdefXYZ"
BETWEEN = [" ", "\n", "\u200b", "\u202e", "\x07", '" + "', "_", "… "]


@settings(max_examples=100)
@given(st.integers(9, len(LONG_KEY) - 1), st.sampled_from(BETWEEN), st.integers(1, 12), st.integers(0, 300))
def test_a_key_in_parts_or_cut_is_not_quoted(known: int, between: str, size: int, before: int) -> None:
    for spelled in (LONG_KEY, LONG_KEY[:known] + "?"):
        parts = between.join(spelled[start : start + size] for start in range(0, len(spelled), size))
        quote = without_key(f"{'x ' * before}Wrong key {parts} and {LONG_KEY}", KeyMask(LONG_KEY))
        for shown in (quote, cut(quote)):
            letters = "".join(filter(str.isalnum, shown))
            assert "sktest012345" not in letters
            assert "56789abcdef" not in letters or len(spelled) < len(LONG_KEY)
            assert not set("\u202e\x07\n") & set(shown)
    assert "Wrong key ••••" in without_key(f"Wrong key {between.join(LONG_KEY)}", KeyMask(LONG_KEY))


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SPELLINGS: dict[str, Callable[[str], str]] = {
    "in base64": in_base64,
    "in base64 for addresses": lambda key: base64.urlsafe_b64encode(key.encode()).decode().rstrip("="),
    "a user's name and the key in base64": lambda key: in_base64(f"user:{key}"),
    "the key without a name in base64": lambda key: in_base64(f":{key}"),
    "a header in base64": lambda key: in_base64(f"Bearer {key}"),
    "in base64, twice as long": lambda key: in_base64(f"{{'headers': {{'x-api-key': '{key}'}}}}"),
    "percent-encoded": lambda key: "".join(f"%{ord(character):02X}" for character in key),
    "percent-encoded where it need not be": lambda key: key.replace("-", "%2D").replace("_", "%5f"),
    "percent-encoded twice": lambda key: key.replace("5", "%2535").replace("-", "%252D"),
    "escaped as in JSON": lambda key: "".join(f"\\u{ord(character):04x}" for character in key),
    "escaped as in JSON, within JSON": lambda key: key.replace("5", "\\\\u0035").replace("-", "\\\\u002d"),
    "escaped as in Python": lambda key: "".join(f"\\x{ord(character):02x}" for character in key),
    "entities": lambda key: "".join(f"&#{ord(character)};" for character in key),
    "entities in hex": lambda key: "".join(f"&#x{ord(character):x};" for character in key),
    "in hex": lambda key: key.encode().hex(),
    "in capital hex": lambda key: key.encode().hex(":").upper(),
    "backwards": lambda key: key[::-1],
    "capital letters": str.upper,
    "small and capital letters exchanged": str.swapcase,
    "split with blanks": " ".join,
}
KEYS = ["sk-test-0123456789abcdefXYZ", "AIza-of-nobody-0123456789_abcdef", "key/with+12=ab", "id.secret-5c9f"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_key_in_another_spelling_is_not_quoted(spelling: str, key: str) -> None:
    """Whatever is left of it shows no more than four letters, of the mask or of a border in base64."""
    echo = SPELLINGS[spelling](key)
    for before, after in (("Wrong key: ", "."), ('{"authorization": "', '", "x": 1}'), ("", "")):
        quote = without_key(f"{before}{echo}{after} Try again.", KeyMask(key))
        assert quote.endswith("Try again.")
        assert "••••" in quote
        lowered = quote.lower()
        places = range(len(echo) - 4)
        left = [echo[at : at + 5] for at in places if echo[at : at + 5].lower() in lowered]
        prefix = {"a header in base64": 10, "a user's name and the key in base64": 8}.get(spelling, 0)
        assert spelling == "in base64, twice as long" or len(left) <= max(0, prefix - 3), left


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided. You can find your API key at https://example.com/account?tab=api%2Dkeys&x=%E4%BD%A0",
        "模型 sk 不存在 \\u4f60 &#20320; &amp;",
        f"{in_base64('nothing of a secret is in here, though it is long')} {b'nor in here'.hex()}",
        "sk-test",
    ],
)
def test_a_sentence_without_the_key_is_quoted_as_it_is(text: str) -> None:
    assert without_key(text, KeyMask(KEYS[0])) == text


@pytest.mark.parametrize("secret", ["", "none", "1234567"])
def test_short_keys_are_not_looked_for(secret: str) -> None:
    assert KeyMask(secret).feed("1234567 none") == "1234567 none"


@pytest.mark.parametrize(
    ("text", "answer", "thought"),
    [
        ("<think>a</think>b", "b", "a"),
        (" \n<think>a<b></think>c</think>", " \nc</think>", "a<b>"),
        ("b<think>a</think>", "b<think>a</think>", ""),
        ("a</think>b", "a</think>b", ""),
        ("\n</think>\nb", "\nb", ""),
        ("<think>never closed </thin", "", "never closed </thin"),
        ("<thinker>", "<thinker>", ""),
        ("<thi", "<thi", ""),
        ("<think></think>", "", ""),
        ("`<think>` opens a thought.", "`<think>` opens a thought.", ""),
        ("```\n<think>a</think>\n```", "```\n<think>a</think>\n```", ""),
        ("<Thought>a</thought>b", "b", "a"),
        ("  ", "  ", ""),
        # gpt-oss: ggml-org/llama.cpp#15181, kekzl/imp#768, scouzi1966/maclocal-api#121
        ("<|channel|>analysis<|message|>a<|end|>b", "b", "a"),
        ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b", "b", "a"),
        ("<|channel|>analysis<|message|>a<|end|><|start|>ass", "<|start|>ass", "a"),
        ("<|channel|>final<|message|>b", "b", ""),
        ("<|channel|>commentary<|message|>b", "<|channel|>commentary<|message|>b", ""),
        ("<think>a</think><|channel|>final", "<|channel|>final", "a"),
    ],
)
def test_thoughts_in_tags_however_cut(text: str, answer: str, thought: str) -> None:
    for at in range(len(text) + 1):
        tags = ThinkTags()
        pieces = [*tags.feed(text[:at]), *tags.feed(text[at:]), *tags.flush()]
        assert "".join(piece for piece, is_thought in pieces if not is_thought) == answer
        assert "".join(piece for piece, is_thought in pieces if is_thought) == thought


# The tags of each model, and who says so.
TAGS = [
    ("<think>", "</think>", "DeepSeek R1, Qwen: vLLM basic parsers"),
    ("<thinking>", "</thinking>", "Open WebUI: reasoning tags"),
    ("<thought>", "</thought>", "EXAONE Deep; Open WebUI: reasoning tags"),
    ("<Thought>", "</Thought>", "Open WebUI: reasoning tags"),
    ("<reason>", "</reason>", "Open WebUI: reasoning tags"),
    ("<reasoning>", "</reasoning>", "Open WebUI: reasoning tags"),
    ("<seed:think>", "</seed:think>", "Seed-OSS: vLLM seed_oss parser"),
    ("<mm:think>", "</mm:think>", "MiniMax M3: vLLM minimax_m3 parser"),
    ("<longcat_think>", "</longcat_think>", "LongCat: vLLM longcat parser"),
    ("<ifm|think>", "</ifm|think>", "K2 Horizon: vLLM k2_horizon parser"),
    ("[THINK]", "[/THINK]", "Magistral: vLLM mistral parser"),
    ("◁think▷", "◁/think▷", "Kimi-VL; Open WebUI: reasoning tags"),
    ("<|START_THINKING|>", "<|END_THINKING|>", "Command A: vLLM cohere_command parser"),
    ("<|channel>thought", "<channel|>", "Gemma 4: lmstudio-ai/lmstudio-bug-tracker#2013, qwersyk/Newelle#427"),
    ("<|channel|>analysis<|message|>", "<|end|>", "gpt-oss: ggml-org/llama.cpp#15181"),
    ("<|begin_of_thought|>", "<|end_of_thought|>", "Sky-T1; Open WebUI: reasoning tags"),
]


@pytest.mark.parametrize(("opening", "closing", "who"), TAGS)
@pytest.mark.parametrize("wire", ["gemini", "openai"])
def test_the_tags_of_each_model_on_each_wire(opening: str, closing: str, who: str, wire: str) -> None:
    text = f"\n{opening}a < b{closing}\nc"
    said, end = (gemini_event, gemini_end()) if wire == "gemini" else (openai_event, openai_end())
    read = outcome(wire, [*map(said, text), end])
    assert (read["text"].strip(), read["thought"]) == ("c", "a < b"), who


@pytest.mark.parametrize(
    ("text", "thought", "who"),
    [
        (
            "First a.\n</think>\n\nAnswer",
            "First a.\n",
            "Qwen3-Thinking-2507: the template opens; QwenLM/qwen-code #6033",
        ),
        ("3.  Answer briefly.</think>391", "3.  Answer briefly.", "DeepSeek V4: no blank before the answer"),
        ("Hm\n</longcat_think>\nb", "Hm\n", "LongCat: the template opens"),
        ("Hm\n[/THINK]b", "Hm\n", "Magistral: the template opens"),
        ("```\nx\n```\nHm.\n</think>\nb", "```\nx\n```\nHm.\n", "a thought with code in it"),
    ],
)
def test_a_thought_that_no_tag_opens(text: str, thought: str, who: str) -> None:
    found = unopened_thought(text)
    assert found is not None, who
    assert found[0] == thought
    assert found[1] == text[len(thought) :].partition(">" if text[len(thought)] == "<" else "]")[2]


@pytest.mark.parametrize(
    "text",
    [
        "The tag </think> closes a thought.",
        "It ends with `</think>`.",
        "“</think>” ends it",
        "Use <think> and then\n</think>",
        "Example:\n```\nHm.\n</think>\nAnswer\n```",
        "~~~\nHm.\n</think>\n",
        "No tag at all.",
        "Phi-3 leaves its own mark.<|end|>",
        "\n</think>",
        "",
    ],
)
def test_a_text_about_tags_is_an_answer(text: str) -> None:
    assert unopened_thought(text) is None


@pytest.mark.parametrize("size", [1, 7, 5000])
@pytest.mark.parametrize(("blanks", "is_tag"), [(MAX_BLANKS, True), (MAX_BLANKS + 1, False)])
def test_a_tag_is_not_looked_for_behind_endless_blanks(size: int, blanks: int, is_tag: bool) -> None:
    text = " " * blanks + "<think>a</think>b"
    tags = ThinkTags()
    pieces = [piece for at in range(0, len(text), size) for piece in tags.feed(text[at : at + size])]
    thought = "".join(piece for piece, is_thought in [*pieces, *tags.flush()] if is_thought)
    assert thought == ("a" if is_tag else "")


def test_blanks_are_not_held_back_for_ever() -> None:
    tags = ThinkTags()
    said = sum(len(piece) for _ in range(100) for piece, _ in tags.feed(" " * MAX_BLANKS))
    assert said == 100 * MAX_BLANKS
    assert tags.flush() == []
