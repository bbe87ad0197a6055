"""The rounds of a reply whose model looks into its project's files itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from conversations.content.citations import shown_sources
from conversations.lookup.tools import FUNCTIONS, MAX_BYTES, MAX_CALLS, NO_MORE, Desk
from conversations.models import Message, ProjectFile
from conversations.usage.estimates import SHARE_OF_WINDOW, prompt_tokens
from providers.client.route import Route
from providers.types import Part, Prompt
from providers.wires.declarations import wire_learnt
from providers.wires.turns import NO_FUNCTIONS
from providers.wires.verbatim import with_calls_answered

LEAST_ROOM = 2_000
"""Bytes below which nothing more is answered."""
BYTES_A_TOKEN = 3
SHARE_FOR_ANSWER = 0.1
"""The share of a model's context window that is left for its answer."""
_OWN_TOOLS = ("web_search", "code_execution", "json_schema", "functions", "tools")
"""Parameters beside which several vendors take no functions of ours."""


@dataclass(slots=True)
class Tools:
    """The calls of one reply that may still be answered, and the bytes for their answers."""

    desk: Desk
    calls: int
    room: int

    @property
    def are_left(self) -> bool:
        return self.calls > 0 and self.room >= LEAST_ROOM

    def answer(self, prompt: Prompt, said: Sequence[Part], first: int) -> tuple[Prompt, list[Part]]:
        """Return the prompt of the next call, with all that came verbatim, and what the reply shows of the answers.

        Its last call may not ask again. Passages are numbered from `first` on.
        """
        told, shown = list[str](), list[Part]()
        for call in (part for part in said if part.kind == "call"):
            if not self.are_left:
                told.append(NO_MORE)
                continue
            answer = self.desk.answer(call, first, self.room)
            self.calls -= 1
            self.room -= len(answer.told.encode())
            told.append(answer.told)
            shown.append(answer.shown)
            first += count_sources([answer.shown])
        following = with_calls_answered(prompt, said, told)
        if not self.are_left:
            following = replace(following, parameters={**following.parameters, "tool_choice": "none"})
        return following, shown


def tools_for(reply: Message, route: Route, prompt: Prompt) -> Tools | None:
    """Return the calls that the model may make; None without looked-up files that the asker may read."""
    project, person = reply.conversation.project_id, reply.author
    takes_none = route.pictures is not None or route.makes_only_pictures or NO_FUNCTIONS in route.address.quirks
    if project is None or person is None or takes_none or any(prompt.parameters.get(name) for name in _OWN_TOOLS):
        return None
    if not ProjectFile.objects.visible_to(person).filter(project=project, looked_up=True).exists():
        return None
    room = MAX_BYTES
    if reply.model and (window := reply.model.context_window):
        left = min(SHARE_OF_WINDOW * window, (1 - SHARE_FOR_ANSWER) * window - prompt_tokens(prompt))
        room = min(MAX_BYTES, int(left * BYTES_A_TOKEN))
    tools = Tools(Desk(person, project, reply.conversation_id), MAX_CALLS, room)
    return tools if tools.are_left else None


def offered(prompt: Prompt) -> Prompt:
    """Return the prompt with the functions that the model may call."""
    return replace(prompt, parameters={**prompt.parameters, "functions": list(FUNCTIONS)})


def count_sources(parts: Sequence[Part]) -> int:
    """Return the number of sources that these parts show."""
    return sum(len(shown_sources(part.detail.get("sources"))) for part in parts if part.kind == "citation")


def next_route(route: Route, quirks: frozenset[str], seconds: float) -> Route:
    """Return the route of the next call, with what was learnt, and so many seconds less."""
    clocks = replace(route.address.clocks, total=max(1.0, route.address.clocks.total - seconds))
    wire = wire_learnt(quirks - route.address.quirks) or route.address.wire
    return replace(route, address=replace(route.address, wire=wire, quirks=quirks, clocks=clocks))
