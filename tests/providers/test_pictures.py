"""Pictures that models make: twelve shapes of replies, fetched links, and requests that change them."""

import base64
import gzip
import json
import re
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from providers.client.stream import Stream
from providers.errors import BadRequest, Blocked, VendorError
from providers.reading.words.linked_pictures import LinkedPictures
from providers.transport import links
from providers.transport.network import Network
from providers.types import Address, Clocks, Delta, Part, Prompt, Turn
from providers.wires import registry
from providers.wires.parameters import Choice, drawing, pictures, pictures_of, written
from providers.wires.registry import drawing as wire_of
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import Ask, PlainKey
from tests.vendor_replies import Act, Received, event, gemini_end, gemini_parts, openai_chunk, openai_end


def drawn(kind: str = "PNG", color: str = "teal") -> bytes:
    """Return the bytes of a small picture."""
    made = BytesIO()
    Image.new("RGB", (8, 6), color).save(made, kind)
    return made.getvalue()


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


PNG, JPEG, WEBP, OTHER = drawn(), drawn("JPEG"), drawn("WEBP"), drawn(color="navy")


def got(stream: Stream) -> list[Any]:
    """Return the words, the bytes of pictures, and why others are not there, in their order."""
    found: list[Any] = []
    with stream:
        for delta in stream:
            part = delta.part
            if delta.text and found and isinstance(found[-1], str) and part is None:
                found[-1] += delta.text
            elif part is None:
                found += [delta.text] if delta.text else []
            elif "data" in part.detail:
                found.append(base64.b64decode(part.detail["data"]))
            elif part.kind == "gap":
                found.append((part.detail["picture"],))
    return found


def whole(answer: object) -> list[Any]:
    return [{"Content-Type": "application/json"}, json.dumps(answer).encode()]


def linked(vendor: FakeVendor, *names: str) -> list[str]:
    return [f"http://{vendor.host}/files/{name}?sig=a%2Fb&x=1" for name in names]


FILES = {"one.png": PNG, "two.jpg": JPEG}


def serving(vendor: FakeVendor, *steps: Any) -> None:
    """Let the vendor give its files, and this answer to everything else."""

    def script(request: Received) -> Any:
        name = request.path.rsplit("/", 1)[-1]
        return [{"Content-Type": "text/html"}, FILES[name]] if name in FILES else steps

    vendor.script = script


# --- Twelve replies ------------------------------------------------------------------------------------------

REPLIES: dict[str, tuple[str, Any, list[Any]]] = {
    "b64_json": ("image_api", lambda _: whole({"created": 1, "data": [{"b64_json": b64(PNG)}]}), [PNG]),
    "two of another type than they say": (
        "image_api",
        lambda _: whole({"output_format": "png", "data": [{"b64_json": b64(WEBP)}, {"b64_json": b64(JPEG)}]}),
        [WEBP, JPEG],
    ),
    "url": ("image_api", lambda v: whole({"data": [{"url": url} for url in linked(v, *FILES)]}), [PNG, JPEG]),
    "qwen-image": (
        "image_api",
        lambda v: whole({"data": None, "extra": {"output": {"results": [{"url": linked(v, "one.png")[0]}]}}}),
        [PNG],
    ),
    "images": ("image_api", lambda v: whole({"images": [{"url": linked(v, "one.png")[0]}], "seed": 1}), [PNG]),
    "stream of pictures": (
        "image_api",
        lambda _: [
            event({"type": "image_generation.partial_image", "b64_json": b64(OTHER), "partial_image_index": 0}),
            event({"type": "image_generation.completed", "b64_json": b64(PNG), "usage": {"output_tokens": 9}}),
        ],
        [PNG],
    ),
    "data address in an envelope": (
        "image_api",
        lambda _: whole({"code": 0, "data": {"image_urls": [f"data:image/png;base64,{b64(PNG)}"]}}),
        [PNG],
    ),
    "gemini": (
        "gemini",
        lambda _: [
            gemini_parts({"text": "Here."}, {"inlineData": {"mimeType": "image/png", "data": b64(PNG)}}),
            gemini_end(),
        ],
        ["Here.", PNG],
    ),
    "gemini with a signature, whole": (
        "gemini",
        lambda _: whole({
            "candidates": [{
                "content": {
                    "parts": [{"inlineData": {"mimeType": "image/jpeg", "data": b64(JPEG)}, "thoughtSignature": "c2ln"}]
                },
                "finishReason": "STOP",
            }]
        }),
        [JPEG],
    ),
    "openrouter": (
        "openai",
        lambda _: [
            openai_chunk(content="Done.", images=[{"image_url": {"url": f"data:image/png;base64,{b64(PNG)}"}}]),
            openai_end(),
        ],
        ["Done.", PNG],
    ),
    "choices of DashScope": (
        "image_api",
        lambda v: whole({"output": {"choices": [{"message": {"content": [{"image": linked(v, "one.png")[0]}]}}]}}),
        [PNG],
    ),
    "one of two refused": (
        "image_api",
        lambda _: whole({"data": [{"b64_json": b64(PNG)}, {"error": {"code": "x", "message": "Not that one."}}]}),
        [PNG],
    ),
    "data address with a blank, cut anywhere": (
        "openai",
        lambda _: [
            *(openai_chunk(content=c) for c in re.findall(".{1,7}", f"So: data:image/png;base64, {b64(PNG)} And on.")),
            openai_end(),
        ],
        ["So: ", PNG, " And on."],
    ),
    "data address in Markdown": (
        "openai",
        lambda _: [openai_chunk(content=f"So:\n\n![a cat](data:image/png;base64,{b64(PNG)})"), openai_end()],
        ["So:\n\n", PNG],
    ),
    "link in Markdown, cut anywhere": (
        "openai",
        lambda v: [
            *(openai_chunk(content=c) for c in re.findall(".{1,7}", f"So: ![1]({linked(v, 'two.jpg')[0]}) And on.")),
            openai_end(),
        ],
        ["So: ", JPEG, " And on."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REPLIES)
def test_a_picture_comes_in_each_shape(name: str, ask: Ask, wire_vendor: FakeVendor) -> None:
    wire, steps, expected = REPLIES[name]
    serving(wire_vendor, *steps(wire_vendor))
    assert got(ask("A cat", wire=wire, draws=True)) == expected
    fetched = [request for request in wire_vendor.requests if "/files/" in request.path]
    assert all(request.method == "GET" and PlainKey().reveal() not in str(request.headers) for request in fetched)


def test_links_of_a_model_that_makes_none_are_words(ask: Ask, wire_vendor: FakeVendor) -> None:
    """Leave the links of other models alone: else whoever leads one astray would make this site call an address."""
    text = f"![x]({linked(wire_vendor, 'one.png')[0]})"
    serving(wire_vendor, openai_chunk(content=text), openai_end())
    assert got(ask("Hi")) == [text]


def test_links_in_code_are_words_and_what_is_held_back_is_said() -> None:
    image = "![a](https://h.example/a.png)"
    for text in (
        f"```\n{image}\n```",
        "wow! ![a](https://h.examp",
        "!",
        f"`{image[:-1]}",
        "![" + "a" * 400 + "](https://h/a)",
    ):
        for step in (1, 3, 50, len(text)):
            search = LinkedPictures()
            said = [one for at in range(0, len(text), step) for one in search.feed(text[at : at + step])]
            assert "".join(map(str, [*said, *search.flush()])) == text
    search = LinkedPictures()
    assert [*search.feed(f"a {image}{image} b"), *search.flush()].count(Part("image", "", {"uri": image[5:-1]})) == 2


# --- Links that cannot be had -----------------------------------------------------------------------------------------


@pytest.fixture
def other() -> Iterator[FakeVendor]:
    """Yield a server of pictures at another private place."""
    with FakeVendor() as server:
        yield server


def asked_for(link: str, vendor: FakeVendor, *hosts: str) -> list[Any]:
    vendor.play(whole({"data": [{"url": link}]}))
    address = Address("image_api", vendor.openai_url, clocks=Clocks(10, 10, 20))
    network = Network(vendor.private_hosts | set(hosts))
    return got(Stream(address, Prompt("m", (Turn("user", (Part("text", "A cat"),)),)), PlainKey(), network=network))


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:1/a.png",
        "https://10.0.0.8/a.png",
        "https://[::1]/a",
        "https://a@b/c",
        "http://169.254.169.254/latest",
    ],
)
def test_a_link_to_a_private_address_is_refused(link: str, wire_vendor: FakeVendor) -> None:
    assert asked_for(link, wire_vendor) == [("address",)]


def test_a_vendors_link_reaches_no_other_private_host_of_the_site(wire_vendor: FakeVendor, other: FakeVendor) -> None:
    assert asked_for(f"http://{other.host}/a.png", wire_vendor, other.host) == [("address",)]
    assert other.requests == []


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ([302, {"Location": "/files/one.png"}], "redirect"),
        ([404, b"gone"], "missing"),
        ([500], "missing"),
        ([{"Content-Length": str(10**9)}, PNG, Act.CLOSE], "size"),
        ([Act.RAW, PNG, *([b"\0" * 65536] * 40), Act.HOLD], "size"),
        ([PNG[:20], Act.HOLD], "slow"),
        ([b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"], "kind"),
        ([b"<html>sign in</html>"], "kind"),
        ([b""], "kind"),
        ([{"Content-Type": "image/png"}, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"], "kind"),
        ([{"Content-Type": "image/png", "Content-Length": "0"}], "kind"),
        ([{"Content-Encoding": "gzip"}, gzip.compress(PNG + bytes(30 * 2**20))], "size"),
        ([302, {"Location": "http://169.254.169.254/latest"}, PNG], "redirect"),
        ([Act.BARE, b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nxx"], "broken"),
        ([Act.RESET], "broken"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_link_that_cannot_be_had_says_why(
    steps: list[Any], why: str, wire_vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "MAX_BYTES", 2 * 2**20)
    monkeypatch.setattr(links, "CLOCKS", Clocks(0.5, 0.3, 0.8))
    wire_vendor.script = lambda _request: steps
    assert asked_for(f"http://{wire_vendor.host}/a.png", wire_vendor) == [(why,)]


SPELLINGS = {
    "a data address": f"data:image/png;base64,{b64(PNG)}",
    "a blank behind the comma": f"data:image/png;base64, {b64(PNG)}",
    "blanks around it": f"  data:image/png;base64,{b64(PNG)}\n",
    "lines": f"data:image/png;base64,{base64.encodebytes(PNG).decode()}",
    "another type than it has": f"data:image/jpeg;base64,{b64(PNG)}",
    "no type": f"data:;base64,{b64(PNG)}",
    "a type that says nothing": f"data:application/octet-stream;base64,{b64(PNG)}",
    "capitals": f"DATA:IMAGE/PNG;BASE64,{b64(PNG)}",
    "the other alphabet": base64.urlsafe_b64encode(PNG).decode().rstrip("="),
    "base64 in lines": "\n" + base64.encodebytes(PNG).decode(),
}


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("field", ["b64_json", "url"])
def test_bytes_are_read_however_they_are_spelled(name: str, field: str, ask: Ask, wire_vendor: FakeVendor) -> None:
    wire_vendor.play(whole({"data": [{field: SPELLINGS[name]}]}))
    assert got(ask("A cat", wire="image_api")) == [PNG]


def test_a_stop_ends_a_fetch_at_once(ask: Ask, wire_vendor: FakeVendor) -> None:
    wire_vendor.play(whole({"data": [{"url": linked(wire_vendor, "x")[0]}]}), [PNG[:9], Act.HOLD])
    stream = ask("A cat", wire="image_api")
    threading.Thread(
        target=lambda: [wire_vendor.next_request(), wire_vendor.next_request(), stream.stop()], daemon=True
    ).start()
    begun = time.monotonic()
    assert got(stream) == []
    assert stream.stopped
    assert time.monotonic() - begun < 5


# --- Vendors that mean ill --------------------------------------------------------------------------------------------


def test_of_twenty_pictures_ten_are_kept_and_it_is_said(ask: Ask, wire_vendor: FakeVendor) -> None:
    many = [{"b64_json": b64(drawn(color=f"#0000{number:02x}"))} for number in range(20)]
    wire_vendor.play(whole({"data": many}))
    found = got(ask("A cat", wire="image_api"))
    assert len(found) == 11
    assert found[-1] == ("too_many",)


@pytest.mark.parametrize(
    "answer",
    [b'{"data": []}', b'{"data": [{"url": 7}, null, "x", {"b64_json": {}}], "usage": {"a": NaN}}', b"{}", b"[]", b""],
)  # fmt: skip
def test_an_answer_without_pictures_is_an_error(answer: bytes, ask: Ask, wire_vendor: FakeVendor) -> None:
    wire_vendor.play([answer])
    with pytest.raises(VendorError):
        got(ask("A cat", wire="image_api"))


def test_a_refused_picture_says_so(ask: Ask, wire_vendor: FakeVendor) -> None:
    error = {"type": "image_generation_user_error", "code": "moderation_blocked", "message": "Not that."}
    wire_vendor.play([400, json.dumps({"error": error}).encode()])
    with pytest.raises(Blocked, match="Not that"):
        got(ask("A cat", wire="image_api"))


# --- Requests ---------------------------------------------------------------------------------------------------------


def body_of(turns: tuple[Turn, ...], parameters: dict[str, Any], wire: str = "image_api", **fields: Any) -> Any:
    address = Address(wire, "https://v.example/v1", **fields)
    return registry.wire(wire).request(address, Prompt("m", turns, "Be brief.", parameters))


def picture(content: bytes = PNG) -> Part:
    return Part("image", "", {"media_type": "image/png", "data": b64(content)})


ASKED = Turn("user", (Part("text", "A cat"),))
MADE = Turn("assistant", (picture(),))
BLUE = Turn("user", (Part("text", "Make it blue"),))


def test_words_alone_go_to_generations_and_pictures_to_edits() -> None:
    chosen = {"picture_size": "1024x1024", "picture_count": 2, "picture_quality": "low", "temperature": 1}
    first = body_of((ASKED,), chosen)
    assert first.url.endswith("/v1/images/generations")
    assert json.loads(first.body) == {"model": "m", "prompt": "A cat", "n": 2, "size": "1024x1024", "quality": "low"}
    again = body_of((ASKED, MADE, BLUE), {"raw": {"watermark": False}})
    assert again.url.endswith("/v1/images/edits")
    kind = dict(again.headers)["Content-Type"]
    boundary = kind.partition("boundary=")[2].encode()
    pieces = again.body.split(b"--" + boundary)
    assert b'name="prompt"\r\n\r\nMake it blue\r\n' in pieces[2]
    assert b'name="watermark"\r\n\r\nfalse\r\n' in pieces[3]
    assert b'name="image"; filename="image-1.png"\r\nContent-Type: image/png\r\n\r\n' + PNG + b"\r\n" in pieces[4]
    assert body_of((ASKED, MADE, BLUE), {"raw": {"watermark": False}}).body == again.body


def test_a_picture_of_the_question_is_the_one_to_change() -> None:
    asked = Turn("user", (picture(OTHER), picture(JPEG), Part("text", "This one")))
    sent = body_of((ASKED, MADE, asked), {}).body
    assert [content in sent for content in (OTHER, JPEG, PNG)] == [True, True, False]
    assert sent.count(b'name="image[]"') == 2


def test_a_model_that_takes_no_pictures_draws_from_the_words() -> None:
    sent = body_of((ASKED, MADE, BLUE), {}, quirks=frozenset(["no:image"]))
    assert json.loads(sent.body)["prompt"] == "Make it blue"


def test_a_picture_without_words_is_refused() -> None:
    with pytest.raises(BadRequest, match="in words"):
        body_of((Turn("user", (picture(),)),), {})


def test_chats_are_asked_for_pictures_in_their_own_way() -> None:
    given = {"picture_ratio": "16:9", "picture_size": "2K", "picture_quality": "high"}
    chosen = drawing(given, pictures(ratio="1:1 16:9", size="1K 2K"))
    config = json.loads(body_of((ASKED,), chosen, "gemini").body)["generationConfig"]
    assert config == {
        "responseModalities": ["TEXT", "IMAGE"],
        "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
    }
    sent = json.loads(body_of((ASKED, MADE, BLUE), chosen, "openai").body)
    assert (sent["modalities"], sent["image_config"]) == (
        ["text", "image"],
        {"aspect_ratio": "16:9", "image_size": "2K"},
    )
    assert [part["type"] for part in sent["messages"][-1]["content"]] == ["image_url", "text"]
    assert drawing(given, pictures(size="4K")) == {"picture_size": None, "response_modalities": ["TEXT", "IMAGE"]}
    assert drawing({**given, "seed": 1}, None) == {"seed": 1}


def test_a_refused_size_is_left_out_and_learnt(ask: Ask, wire_vendor: FakeVendor) -> None:
    error = {"message": "Unknown parameter: 'quality'.", "param": "quality", "code": "unknown_parameter"}
    wire_vendor.play([400, json.dumps({"error": error}).encode()], whole({"data": [{"b64_json": b64(PNG)}]}))
    stream = ask("A cat", wire="image_api", parameters={"picture_quality": "high"})
    assert got(stream) == [PNG]
    assert stream.quirks == {"no:quality"}


@pytest.mark.parametrize("missing", [b'{"error": {"message": "Invalid URL (POST /v1/images/edits)"}}', b"Not Found"])
def test_a_gateway_without_a_place_for_changes_draws_from_the_words(missing: bytes, wire_vendor: FakeVendor) -> None:
    def script(request: Received) -> Any:
        return [404, missing] if "/edits" in request.path else whole({"data": [{"b64_json": b64(OTHER)}]})

    wire_vendor.script = script
    prompt = Prompt("m", (ASKED, MADE, BLUE))
    stream = Stream(Address("image_api", wire_vendor.openai_url), prompt, network=Network(wire_vendor.private_hosts))
    assert got(stream) == [OTHER]
    assert stream.quirks == {"no:image"}
    assert [change.parameter for change in stream.left_out] == ["image"]
    assert wire_vendor.requests[1].json["prompt"] == "Make it blue"


def test_why_a_single_picture_is_not_there_is_said(ask: Ask, wire_vendor: FakeVendor) -> None:
    for made, reason in (([PNG], "stop"), ([], "blocked")):
        said = [{"b64_json": b64(one)} for one in made]
        wire_vendor.play(whole({"data": [*said, {"error": {"code": "Sensitive", "message": "Not that one."}}]}))
        with ask("A cat", wire="image_api") as stream:
            parts = [delta.part for delta in stream if delta.part]
        assert [part.kind for part in parts] == [*["image"] * len(made), "refusal"]
        assert "Not that one." in str(parts[-1])
        assert stream.finish
        assert stream.finish.reason == reason


def test_a_model_is_found_to_speak_only_to_picture_endpoints(ask: Ask, wire_vendor: FakeVendor) -> None:
    said = "This model is only supported in v1/images/generations and v1/images/edits."
    wire_vendor.play(
        [404, json.dumps({"error": {"message": said, "code": "model_not_found"}}).encode()],
        whole({"data": [{"url": linked(wire_vendor, "one.png")[0]}]}),
        [PNG],
    )
    stream = ask("A cat")
    assert got(stream) == [PNG]
    assert "wire:image_api" in stream.quirks


def test_choices_are_read_as_an_administrator_writes_them() -> None:
    declared = pictures_of("Size: 1K, 2K\nratio 16:9 1:1\n\ncount 4")
    assert written(declared) == "ratio 16:9 1:1\nsize 1K 2K\ncount 4"
    assert declared["picture_size"] == Choice("Picture size", ("1K", "2K"))
    for wrong in ("colour red", "size", "count many", "count 99", "count 0", "size <b>"):
        with pytest.raises(ValueError):
            pictures_of(wrong)


def test_a_name_tells_how_a_model_is_asked() -> None:
    assert wire_of("openai", "gpt-image-2-ssvip") == ("image_api", True)
    assert wire_of("openai", "google/gemini-3-pro-image-preview") == ("", True)
    assert wire_of("gemini", "gemini-2.5-flash-image") == ("", True)
    assert wire_of("openai", "gpt-5") == wire_of("gemini", "imagen-4") == wire_of("later", "dall-e") == ("", False)


def test_the_delta_of_words_stays_one() -> None:
    assert LinkedPictures().feed("Hello") == ["Hello"]
    assert Delta(text="x").is_words
