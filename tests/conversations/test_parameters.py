"""The parameters that people may set, and those that only an administrator may."""

import pytest

from conversations.errors import Refused
from conversations.protocol.parameters import supported_by, validate
from providers.wires.parameters import Texts, fitted


def test_known_parameters_pass_and_null_means_not_set() -> None:
    given = {"temperature": 0.7, "top_p": 1, "max_tokens": 100, "stop": ["END"], "seed": 1}
    assert validate({**given, "seed": None}) == {name: given[name] for name in given if name != "seed"}


@pytest.mark.parametrize("thinking", ["off", "auto", {"budget": 1024}, {"level": "high"}])
def test_thinking_is_off_automatic_or_so_much(thinking: object) -> None:
    assert validate({"thinking": thinking}) == {"thinking": thinking}


def test_a_wire_is_offered_only_what_it_knows() -> None:
    assert {"top_k", "code_execution"} <= set(supported_by(["gemini"]))
    assert {"top_k", "code_execution"} & set(supported_by(["gemini", "openai"])) == set()


@pytest.mark.parametrize(("wires", "most"), [(["gemini"], 5), (["openai"], 4), (["gemini", "openai"], 4)])
def test_a_model_is_offered_the_bounds_of_its_wires(wires: list[str], most: int) -> None:
    stop = supported_by(wires)["stop"]
    assert isinstance(stop, Texts)
    assert stop.most == most
    assert fitted({"stop": list("abcde"), "new": 1}, {"stop": stop}) == {"stop": list("abcde")[:most], "new": 1}
    assert validate({"stop": list("abcde")}), "which some wire takes"


@pytest.mark.parametrize(
    "given",
    [[], "x", {"raw": {"model": "dearer"}}, {"temperature": 3}, {"temperature": True}, {"temperature": "1"},
     {"max_tokens": 0}, {"max_tokens": 1.5}, {"max_tokens": 10**9}, {"stop": "END"}, {"stop": []}, {"stop": [""]},
     {"stop": ["x"] * 6}, {"top_p": float("nan")}, {"top_k": 0}, {"thinking": "much"}, {"thinking": {"budget": 0}},
     {"thinking": {"level": "huge"}}, {"thinking": {"budget": 1, "level": "low"}}, {"web_search": "yes"},
     {"json_schema": []}, {"json_schema": {"a": "\0"}}, {"json_schema": {"a": "x" * 20_000}}],
)  # fmt: skip
def test_everything_else_is_refused(given: object) -> None:
    with pytest.raises(Refused) as refusal:
        validate(given)
    assert refusal.value.code == "bad_field"


def test_half_a_character_in_a_schema_is_replaced_as_in_any_text() -> None:
    """PostgreSQL takes no other."""
    assert validate({"json_schema": {"title": "a\ud800"}}) == {"json_schema": {"title": "a\ufffd"}}
