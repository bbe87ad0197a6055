"""A picture that stands in the text as a data address is a picture; a text about such addresses stays a text."""

from __future__ import annotations

import tracemalloc
from base64 import b64encode
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.reading.words.data_pictures import MIN_CUT_OFF, DataPictures
from providers.types import Part
from tests.providers.reading import outcome
from tests.vendor_replies import gemini_end, gemini_event, openai_end, openai_event

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
JPEG = b64encode(b"\xff\xd8\xff\xe0" + bytes(60) + b"\xff\xd9").decode()
WEBP = b64encode(b"RIFF" + (40).to_bytes(4, "little") + b"WEBP" + bytes(36)).decode()
DATA = f"data:image/png;base64,{PNG}"

# a text, the same with a bar for each picture, who sends it so
PICTURES: list[tuple[str, str, str]] = [
    (f"Here:\n![image]({DATA})\nDone.", "Here:\n|\nDone.", "awsl-project/maxx #821, QuantumNous/new-api #2346"),
    (f"![]({DATA})", "|", "piexian/astrbot_plugin_gemini_image_generation #16"),
    (f"![a (b) c](<{DATA}>) x", "| x", "CommonMark: a destination in angle brackets"),
    (f"{DATA}", "|", "foxhui/WebAI2API #102: the address is the whole content"),
    (f"Look: {DATA}", "Look: |", "foxhui/WebAI2API #102"),
    (f"Look: {DATA}\n\nThere.", "Look: |\n\nThere.", "foxhui/WebAI2API #102"),
    (f"![1](data:image/jpeg;base64,{JPEG}) ![2](data:image/webp;base64,{WEBP})", "| |", "CookSleep #133: JPEG"),
    (f"![a](data:image/jpg;base64,{JPEG})", "|", "no source found of replies; in requests: mealie-recipes/mealie#5897"),
    (f"![a](data:image/gif;charset=utf-8;base64,{GIF})", "|", "RFC 2397: parameters"),
    (f"![a](data:image/png;base64,{PNG.rstrip('=')})", "|", "base64 without padding: openclaw/openclaw#96437"),
    (f"```\ncode\n```\n![a]({DATA})", "```\ncode\n```\n|", "behind a code block"),
    (f"![a](data:image/png;base64, {PNG})", "|", "Helicone/helicone#4223: a blank behind the comma"),
    (f"![a](data:image/png;base64,{PNG[:76]}\n{PNG[76:]}\n) x", "| x", "GSI/jekyll_image_encode#7: in lines"),
]
TEXTS = [
    "A data address begins with data:image/png;base64, and goes on in base64.",
    "Write `![alt](data:image/png;base64,…)` for it.",
    "![alt](data:image/png;base64,...)",
    "![alt](https://pics.example/a.png) and ![",
    "![",
    "data",
    "data:image/png;base64,",
    "data:image/png;base64,iVBORw0KGgo=",
    f"```html\n<img src=\"{DATA}\">\n```",
    f"```\n{DATA}\n```",
    f"~~~\n![a]({DATA})\n~~~",
    f"`{DATA}`",
    f"<img src='{DATA}'>",
    f"background: url({DATA});",
    f"[link]({DATA})",
    f"![image]({DATA[:-20]}",
    f"![image]({DATA}",
    f"{DATA[:-30]}",
    f"![image](data:image/png;base64,{PNG[:40]}!)",
    "data:image/svg+xml;base64,PHN2Zy8+",
    "![a](data:image/png;base64, and then\nthe  bytes) of it",
    "![a](data:image/png;base64, and then\nthe  bytes",
    "![a](data:text/plain;base64,aGk=)",
    "dada! data! d",
]  # fmt: skip


def shown(pieces: list[str]) -> tuple[str, list[Part]]:
    """Return the text with a bar for each picture, and the pictures."""
    search = DataPictures()
    found = [one for piece in pieces for one in search.feed(piece)] + search.flush()
    return "".join("|" if isinstance(one, Part) else one for one in found), [
        one for one in found if isinstance(one, Part)
    ]


@pytest.mark.parametrize(("text", "left", "who"), PICTURES)
def test_a_picture_is_found_however_the_text_is_cut(text: str, left: str, who: str) -> None:
    whole, pictures = shown([text])
    assert whole == left, who
    assert len(pictures) == left.count("|")
    assert all(picture.kind == "image" and len(picture.detail["data"]) % 4 == 0 for picture in pictures)
    assert shown(list(text)) == (whole, pictures)
    assert all(shown([text[:at], text[at:]]) == (whole, pictures) for at in range(len(text)))


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_about_pictures_stays_a_text(text: str) -> None:
    assert shown([text]) == (text, [])
    assert all(shown([text[:at], text[at:]]) == (text, []) for at in range(len(text)))
    assert shown(list(text)) == (text, [])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([f"![a]({DATA})", DATA, "![", "](", "data:", "\n", " ", "```\n", "x", ")", "image/"])),
    st.lists(st.integers(0, 400), max_size=6),
)
def test_any_mixture_is_read_the_same_however_cut(words: list[str], cuts: list[int]) -> None:
    text = "".join(words)
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    assert shown([text[start:stop] for start, stop in pairwise(edges)]) == shown([text])


@pytest.mark.parametrize("wire", ["gemini", "openai"])
def test_both_wires_find_it(wire: str) -> None:
    text = f"Look:\n![image]({DATA})\nThere."
    said = [gemini_event, openai_event][wire == "openai"]
    body = b"".join(said(text[at : at + 9]) for at in range(0, len(text), 9))
    read = outcome(wire, [body + (openai_end() if wire == "openai" else gemini_end())])
    assert (read["text"], read["order"]) == ("Look:\n\nThere.", "text image* text")
    assert read["parts"] == [{"kind": "image", "media_type": "image/png", "data": PNG}]


LONG = PNG[:40] + "A" * MIN_CUT_OFF
OPENING = "data:image/png;base64,"
# a text, the same with a bar for the gap
CUT_OFF: list[tuple[str, str]] = [
    (f"Look:\n![image]({OPENING}{LONG}", "Look:\n|"),
    (f"Look:\n{OPENING}{LONG}", "Look:\n|"),
    (f"{OPENING}{LONG}\n\nThere.", "|\n\nThere."),
    (f"![image]({OPENING}{LONG[: -(len(LONG) % 4) - 3]}) x", "| x"),
    (f"![image]({OPENING}{LONG}!) x", "|!) x"),
]


@pytest.mark.parametrize(("text", "left"), CUT_OFF)
def test_a_long_picture_that_was_cut_off_leaves_a_gap(text: str, left: str) -> None:
    whole, parts = shown([text])
    assert (whole, [part.kind for part in parts]) == (left, ["gap"])
    assert parts[0].detail["bytes"] > MIN_CUT_OFF
    cuts = [[text[:at], text[at:]] for at in range(0, len(text), 97)]
    assert all(shown(pieces) == (whole, parts) for pieces in (*cuts, list(text)))


@pytest.mark.parametrize("text", [f"```\n{OPENING}{LONG}", f"`{OPENING}{LONG}", OPENING + "Q" * 9000, LONG])
def test_long_base64_that_is_no_picture_stays_a_text(text: str) -> None:
    assert shown([text]) == (text, [])


@pytest.mark.parametrize("wire", ["gemini", "openai"])
def test_a_picture_that_was_cut_off_is_a_gap_on_both_wires(wire: str) -> None:
    said = [gemini_event, openai_event][wire == "openai"]
    end = openai_end("length") if wire == "openai" else gemini_end("MAX_TOKENS")
    read = outcome(wire, [said("Look:\n"), said(f"![image]({OPENING}{LONG}"), end])
    assert (read["text"], read["order"], read["finish"][0]) == ("Look:\n", "text gap*", "length")


@pytest.mark.parametrize("beginning", ["iVBORw0KGgo", "Q"])
def test_what_is_held_back_is_bounded(monkeypatch: pytest.MonkeyPatch, beginning: str) -> None:
    monkeypatch.setattr("providers.reading.words.data_pictures.MAX_CHARACTERS", 100_000)
    search, said = DataPictures(), 0
    search.feed("![image](data:image/png;base64," + beginning)
    tracemalloc.start()
    for _ in range(1000):
        said += sum(len(one) for one in search.feed("A" * 1000) if isinstance(one, str))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    gaps = [one.detail["bytes"] for one in search.flush() if isinstance(one, Part)]
    assert peak < 2_000_000
    assert said > 900_000 if beginning == "Q" else gaps[0] > 1_000_000


@pytest.mark.parametrize("word", ["![data:image/png;base64, ", "data:image/png;base64,", "![", "![a](", "\n```"])
def test_a_flood_of_beginnings_costs_little_more_than_its_length(word: str) -> None:
    for pieces in ([word] * 20_000, [word * 20_000]):
        search, started = DataPictures(), process_time()
        found = [one for piece in pieces for one in search.feed(piece)] + search.flush()
        assert "".join(one for one in found if isinstance(one, str)) == word * 20_000
        assert process_time() - started < 3


@pytest.mark.parametrize("pieces", [["So far so good"], ["So far so goo", "d"], ["数据", "data"], ["(", "d"]])
def test_a_word_that_cannot_begin_an_address_is_shown_at_once(pieces: list[str]) -> None:
    pictures = DataPictures()
    assert "".join(str(text) for piece in pieces for text in pictures.feed(piece)) == "".join(pieces)
