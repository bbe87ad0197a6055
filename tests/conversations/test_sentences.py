"""However a reply goes, and whyever a command is refused: the page has a sentence for it, in either language."""

import re
from collections.abc import Iterator
from html import unescape
from typing import get_args

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from conversations.models.message import UNDER_WAY, Status
from providers import errors
from providers.types import FinishReason

COMMANDS = ("bad_text", "too_long", "not_found", "conflict", "busy", "over_budget", "rate_limited", "no_model")
CONTRACT = (
    *("key_refused", "quota", "rate_limited", "model_not_found", "bad_request", "context_too_long", "blocked"),
    *("vendor_down", "vendor_timeout", "stalled", "cut_off", "bad_reply", "reply_too_long", "server_restarted"),
)
OF_OUR_OWN = ("unavailable",)


def codes(kind: type[errors.VendorError] = errors.VendorError) -> Iterator[str]:
    """Return the codes with which a call can fail."""
    for error in kind.__subclasses__():
        yield error.code
        yield from codes(error)


NEEDED = {
    *(f"reply.{code}" for code in (*CONTRACT, *OF_OUR_OWN, *codes(), errors.NothingServes.code)),
    *(f"finish.{reason}" for reason in get_args(FinishReason) if reason != "stop"),
    *(f"status.{status.value}" for status in Status if status not in (*UNDER_WAY, Status.COMPLETE)),
    *(f"waiting.{code}" for code in ("queued", "rate_limited", "retrying")),
    *(f"refused.{code}" for code in (*COMMANDS, "unavailable")),
    *("refused", "refusal", "refusal.blocked"),
}


def sentences(language: str) -> dict[str, str]:
    with translation.override(language):
        page = render_to_string("_words.html")
    return {name: unescape(text) for name, text in re.findall(r'<p data-name="([^"]+)">(.*?)</p>', page, re.DOTALL)}


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_there_is_a_sentence_in_either_language(name: str) -> None:
    english, chinese = sentences("en").get(name, ""), sentences("zh-hans").get(name, "")
    assert re.search("[a-z]", english), name
    assert re.search("[\u4e00-\u9fff]", chinese), name


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_code_of_a_reply_has_a_sentence_of_its_own(language: str) -> None:
    said = [text for name, text in sentences(language).items() if name.startswith("reply.")]
    assert len(set(said)) == len(said)
