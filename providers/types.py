"""The values that pass between conversations and the vendor wires; standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol, Self

Role = Literal["user", "assistant"]
ApiVersion = Literal["v1beta", "v1"]
FinishReason = Literal["stop", "length", "blocked", "tool_call", "other"]


PICTURE_LACKS = frozenset({"address", "redirect", "missing", "size", "slow", "broken", "kind", "pixels", "too_many"})
"""Why a picture of a reply is not there."""


class Part(NamedTuple):
    """One piece of a message in our own vocabulary, never a vendor's. A tuple, because a prompt may have thousands.

    The keys of `detail` for each kind, besides `vendor`:

        image, file   media_type, and data (base64) or uri; name, if there is one; seconds of a recording
        code          language
        code_result   outcome: ok, failed or deadline
        call          name, arguments (an object; `raw`, a text, if they are no JSON object), id?
        call_result   name, response, id?
        citation      sources: [{uri, title, domain}], supports: [{start, end, sources: [index]}], where start and end
                      count characters of the reply's text
        refusal       reason?
        gap           bytes: how much of the reply could not be read here, or was not shown; picture: why a picture
                      is not there, a word of `PICTURE_LACKS`

    `vendor` is {"wire", "part", "origin"?}: the part as it came, if these fields cannot rebuild it exactly. It goes
    back unchanged to its origin, the same deployment and account. Kind `unknown` has nothing else but `name`, the
    vendor's word for it if it is a plain one.
    """

    kind: str
    text: str = ""
    detail: Mapping[str, Any] = MappingProxyType({})

    def to_json(self) -> dict[str, Any]:
        """Return the object that is stored; `text` is left out when empty."""
        spoken = {"text": self.text} if self.text else {}
        return {**self.detail, "kind": self.kind, **spoken}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the part that `to_json` stored."""
        detail = {name: value for name, value in stored.items() if name not in ("kind", "text")}
        return cls(stored["kind"], stored.get("text", ""), detail)


class Turn(NamedTuple):
    """All that one side said before the other answered."""

    role: Role
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question with its history, for one model.

    The known parameters; a wire leaves out those that its vendor does not have:

        temperature, top_p, top_k, max_tokens, seed, presence_penalty, frequency_penalty, candidate_count
        stop                a list of texts
        response_logprobs   bool; logprobs: int
        response_modalities a list; response_mime_type, json_schema
        picture_ratio, picture_size, picture_quality    words; picture_count: int
        media_resolution    low, medium or high
        thinking            "off", "auto", {"budget": tokens} or {"level": word}
        web_search          bool; its form is the address's `web_search`, else the usual one there
        code_execution      not on the OpenAI wire
        functions           declarations: name, description, parameters
        tool_choice         "none": no function may be called now; else OpenAI's
        tools               OpenAI's
        tool_config, safety_settings, cached_content   Gemini's

    `raw` is a mapping in the vendor's own keys, merged into the request body last. It can change everything in the
    body, so it must come from an administrator.
    """

    model: str
    turns: tuple[Turn, ...]
    system: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Clocks:
    """The limits of a reply's duration: until its first token, between two tokens, and as a whole; seconds."""

    first_token: float = 60
    silence: float = 60
    total: float = 1800


@dataclass(frozen=True, slots=True)
class Address:
    """The address of one vendor, and the form of calls to it.

    `snake_case` spells Gemini's `system_instruction` that way. `ask_usage` asks the OpenAI wire to report token counts
    in the stream (`stream_options`), which some compatible servers refuse. `draws` tells that the model makes pictures;
    links to them are fetched. `quirks` holds what this deployment has been found to refuse, as `Stream.quirks` reported
    it. `web_search` is the form of web search that an administrator chose. `origin` names the deployment and the
    account that are called.
    """

    wire: str
    base_url: str
    api_version: ApiVersion = "v1beta"
    key_placement: str = "bearer"
    ask_sse: bool = True
    streaming: bool = True
    headers: tuple[tuple[str, str], ...] = ()
    clocks: Clocks = Clocks()
    snake_case: bool = False
    ask_usage: bool = False
    draws: bool = False
    quirks: frozenset[str] = frozenset()
    web_search: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Delta:
    """The growth of a reply: answer text, thought text, or a whole part of another kind."""

    text: str = ""
    thought: str = ""
    part: Part | None = None

    @property
    def is_words(self) -> bool:
        """Return whether this is answer text and nothing else."""
        return self.part is None and not self.thought


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as the vendor reports them, None where unknown. `output_tokens` never includes thoughts."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    thought_tokens: int | None = None
    cached_tokens: int | None = None
    written_tokens: int | None = None
    """Tokens of the input that were written to a cache, which some vendors bill dearer."""
    pictures: int | None = None
    """Pictures that were made; counted here, as they come."""
    seconds: float | None = None
    """Seconds of speech that was sent; measured here."""
    characters: int | None = None
    """Characters that were to be read aloud."""

    def completed(self, earlier: Usage | None) -> Usage:
        """Return these counts with the details of an earlier report, if its totals are the same."""
        if earlier is None or (self.input_tokens, self._answered) != (earlier.input_tokens, earlier._answered):
            return self
        thought = earlier if self.thought_tokens is None else self
        cached = earlier.cached_tokens if self.cached_tokens is None else self.cached_tokens
        written = earlier.written_tokens if self.written_tokens is None else self.written_tokens
        return Usage(self.input_tokens, thought.output_tokens, thought.thought_tokens, cached, written)

    def plus(self, other: Usage | None) -> Usage:
        """Return the sum of the counts of two calls."""
        if other is None:
            return self
        pairs = ((getattr(self, name), getattr(other, name)) for name in self.__slots__)
        return Usage(*(None if one is None and two is None else (one or 0) + (two or 0) for one, two in pairs))

    @property
    def _answered(self) -> int:
        return (self.output_tokens or 0) + (self.thought_tokens or 0)


_TELLS_NOTHING = frozenset({"other", "image_other", "unknown", "safety", "content_filter"})
"""Words for an end that say no more than our own sentence."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The reason of a reply's end: our word, the vendor's (at most 64 characters), and the vendor's sentence."""

    reason: FinishReason
    vendor_reason: str = ""
    message: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "vendor_reason", self.vendor_reason[:64])

    @property
    def quote(self) -> str:
        """Return the vendor's sentence on an early end, else its word if that tells why."""
        if self.reason not in ("blocked", "other"):
            return ""
        return self.message or ("" if self.vendor_reason.lower() in _TELLS_NOTHING else self.vendor_reason)


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A model in a vendor's list: its id and a name for people.

    Its limits in tokens, and whether it thinks, are None if unknown.
    """

    id: str
    name: str
    input_limit: int | None = None
    output_limit: int | None = None
    thinking: bool | None = None


class Key(Protocol):
    """A vendor key that reveals itself only when asked; only the transport asks."""

    def reveal(self) -> str:
        """Return the key itself."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request without its key, which the transport puts where `key_placement` says."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    key_placement: str
    own_headers: tuple[tuple[str, str], ...] = ()
    """Headers that the site makes itself, none of whose values anybody has named."""
