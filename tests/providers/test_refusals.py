"""Each sentence of a vendor about a refused request teaches its lesson, on every wire: one row a sentence."""

from __future__ import annotations

import pytest

from providers.errors import BadRequest, ContextTooLong, ModelNotFound
from providers.types import Address, Part, Prompt, Turn
from providers.wires import registry
from providers.wires.refusals.lessons import Lesson, lesson
from tests import telex
from tests.providers.refusal_sentences import CASES, Case, Json, history


def learnt(case: Case, said: str = "") -> Lesson | None:
    """Return the lesson of this case for a question with these words."""
    turns = history(case.wire)
    asked = (*turns, Turn("assistant", (Part("text", "Well"),)), Turn("user", (Part("text", said),))) if said else turns
    address = Address(case.wire, "https://vendor.example", origin="here")  # type: ignore[arg-type]
    prompt = Prompt("m", asked, system="Be kind.", parameters=case.parameters)
    kind = ContextTooLong if "context l" in case.sentence else BadRequest
    error = (ModelNotFound if "endpoints" in case.sentence else kind)(case.sentence, parameter=case.parameter)
    return lesson(registry.wire(case.wire), address, prompt, error)


@pytest.fixture(autouse=True)
def _with_telex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "WIRES", {**registry.WIRES, "telex": telex})


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.source}: {case.sentence[:40]}")
def test_a_sentence_teaches(case: Case) -> None:
    taught = learnt(case)
    assert taught is not None
    assert taught.quirks == set(case.taught.removeprefix("~").split())
    assert taught.lasts is not case.taught.startswith("~")
    assert taught.sentence == case.sentence


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.source}: {case.sentence[:40]}")
def test_nobody_teaches_others_by_writing_it(case: Case) -> None:
    taught = learnt(case, f"Why does it say {case.sentence}")
    named = set(case.taught.removeprefix("~").split())
    assert taught is None or (taught.quirks == named and not taught.sentence)
    assert taught is None or not taught.lasts or case.parameter


UNTAUGHT: list[tuple[str, Json]] = [
    ("Provided image is not valid.", {}),  # of one picture
    ("Image type is not supported: image/bmp", {}),
    ("The conversation is not accepted.", {"temperature": 1}),
    ("Range of top_p should be (0.0, 1.0)", {"temperature": 1}),  # it was not sent
    # vLLM, vllm#42474: the least length of the question, not its own
    ("context length is 128000 tokens, your prompt contains at least 62466 input tokens", {"max_tokens": 65535}),
    ("maximum context length is 4097 tokens (4090 in the messages, 1000 in the completion)", {"max_tokens": 1000}),
    ("max_tokens is too large", {"max_tokens": 99}),  # without a limit another reply comes than was asked for
]


@pytest.mark.parametrize(("sentence", "parameters"), UNTAUGHT)
def test_a_sentence_that_names_nothing_of_ours_teaches_nothing(sentence: str, parameters: Json) -> None:
    assert learnt(Case("", sentence, parameters, "")) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "max_tokens must be at least " + "9" * 400,
        "Range of max_tokens should be [-" + "9" * 400 + ", -" + "9" * 399 + "]",
    ],
)
def test_a_number_without_end_is_no_range(sentence: str) -> None:
    for name, value in (("max_tokens", 5), ("temperature", 0.5)):
        prompt = Prompt("parrot", (Turn("user", (Part("text", "Hi"),)),), parameters={name: value})
        refused = BadRequest(sentence.replace("max_tokens", name))
        learnt = lesson(registry.wire("openai"), Address("https://vendor.example/v1", "openai"), prompt, refused)
        assert learnt is None or not any("inf" in quirk for quirk in learnt.quirks)
