"""The two functions by which a model itself looks into its project's files, and their answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard
from uuid import UUID

from conversations.lookup import telling
from conversations.lookup.finding import passages_for
from conversations.models import Conversation, Passage, ProjectFile, User
from conversations.models.file import MAX_NAME_LENGTH
from conversations.search.folding import fold
from conversations.text import title_of
from conversations.usage.estimates import LOOKED_UP_TOKENS
from conversations.usage.token_counts import tokens
from providers.types import Part

MAX_CALLS, MAX_BYTES = 6, 64_000
"""Calls of one reply that are answered, and bytes of all their answers."""
MAX_ARGUMENTS = 2_000
"""Characters of a call's argument."""
MAX_READ = 8
"""Passages of a file that are read at once."""
SEARCH, READ = "search_files", "read_file"
FUNCTIONS = (
    {
        "name": SEARCH,
        "description": "Search the project's files for passages that hold these words. Use it when the passages that "
        "came with the question do not answer it. Write words that the files themselves may use.",
        "parameters": {
            "type": "object",
            "properties": {"query": {"type": "string", "description": "Words to look for"}},
            "required": ["query"],
        },
    },
    {
        "name": READ,
        "description": "Read the passages of one of the project's files, in their order.",
        "parameters": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "description": "The file's name, as a search gave it"},
                "passage": {"type": "integer", "description": "The first passage to read; 1 if it is left out"},
            },
            "required": ["name"],
        },
    },
)
NO_SUCH = "There is no such function. There are search_files and read_file."
NO_MORE = "No more calls are answered for this reply. Answer with what you have."
BAD_QUERY = f"The argument query must be a text of 1 to {MAX_ARGUMENTS} characters."
BAD_NAME = f"The argument name must be a text of 1 to {MAX_ARGUMENTS} characters."
BAD_PASSAGE = "The argument passage must be a number from 1 on."
NO_FILE = "The project has no such file that you may read. Search the files for its name."
BAD_ARGUMENTS = "The arguments are no JSON object."


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a call: what the model is told, and what the reply shows of it.

    Each answer is shown, because the thoughts above the last one that is do not go back in later questions.
    """

    told: str
    shown: Part


@dataclass(frozen=True, slots=True)
class Desk:
    """The person for whom a model looks into a project's files, and the conversation."""

    person: User
    project: UUID
    conversation: UUID

    def answer(self, call: Part, first: int, room: int) -> Answer:
        """Return the answer to a call, with passages numbered from `first` on, and so many bytes at most.

        Access is judged now: it may have ended since the reply began.
        """
        given = call.detail.get("arguments")
        name = call.detail.get("name")
        if name not in (SEARCH, READ):
            return _nothing(NO_SUCH, call)
        if not isinstance(given, Mapping):
            return _nothing(BAD_ARGUMENTS, call)
        return self._search(call, given, first, room) if name == SEARCH else self._read(call, given, first, room)

    def _search(self, call: Part, given: Mapping[str, Any], first: int, room: int) -> Answer:
        query = given.get("query")
        if not _is_text(query):
            return _nothing(BAD_QUERY, call)
        found = passages_for(self.person, self.project, query) if self._stands() else []
        told = within(found, first, room)
        shown = telling.as_lookup(SEARCH, query, told)
        if found and not told:
            return Answer(NO_MORE, shown)
        if not told:
            names = self._held().order_by("-pk").values_list("file__name", flat=True)[: telling.MAX_NAMES]
            return Answer(telling.as_names(list(names)).text.strip(), shown)
        return Answer(telling.quoted(told, first), shown)

    def _read(self, call: Part, given: Mapping[str, Any], first: int, room: int) -> Answer:
        name, begin = given.get("name"), _number(given.get("passage"))
        if not _is_text(name):
            return _nothing(BAD_NAME, call)
        if begin is None:
            return _nothing(BAD_PASSAGE, call)
        held = _called(list(self._held().select_related("file").order_by("-pk")), name)
        if held is None:
            return Answer(NO_FILE, telling.as_lookup(READ, name, ()))
        rows = Passage.objects.visible_to(self.person).filter(held=held).select_related("held__file").order_by("number")
        count = rows.count()
        found = list(rows.filter(number__gte=begin)[:MAX_READ])
        told = within(found, first, room)
        if not told:
            return Answer(NO_MORE if found else f"The file has {count} passages.", telling.as_lookup(READ, name, ()))
        last = told[-1].number
        more = f" The next is passage {last + 1}." if last < count else ""
        where = f"Passages {told[0].number} to {last} of {count}.{more}"
        return Answer(f"{where}\n\n{telling.quoted(told, first)}", telling.as_lookup(READ, name, told))

    def _stands(self) -> bool:
        """Return whether the conversation is still in the project."""
        return Conversation.objects.filter(pk=self.conversation, project=self.project).exists()

    def _held(self) -> Any:
        held = ProjectFile.objects.visible_to(self.person).filter(project=self.project, looked_up=True)
        return held if self._stands() else held.none()


def within(passages: list[Passage], first: int, room: int) -> list[Passage]:
    """Return the first passages that fit into so many bytes of quotation, and into the tokens of one answer."""
    fitting: list[Passage] = []
    left = LOOKED_UP_TOKENS
    for passage in passages:
        left -= tokens(passage.text)
        if (fitting and left < 0) or len(telling.quoted([*fitting, passage], first).encode()) > room:
            break
        fitting.append(passage)
    return fitting


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= MAX_ARGUMENTS


def _nothing(told: str, call: Part) -> Answer:
    """Return the answer to a call that asks for nothing; the reply shows what was spelled."""
    name, spelled = call.detail.get("name"), call.detail.get("raw") or call.detail.get("arguments")
    asked = spelled if isinstance(spelled, str) else json.dumps(spelled or {}, ensure_ascii=False)
    return Answer(told, telling.as_lookup(READ if name == READ else SEARCH, asked, ()))


def _number(value: object) -> int | None:
    """Return the number of a passage; None if it is none. Some models spell it as a text or as null."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
        value = int(value)
    if value is None:
        return 1
    return int(value) if isinstance(value, int | float) and 1 <= value <= 10**9 else None


def _called(held: list[ProjectFile], name: str) -> ProjectFile | None:
    """Return the file of this name, as it is or as models are told it, else of a like one.

    Macs write accents apart, and models write brackets of either width.
    """
    for told in (str, fold):
        for one in held:
            if told(name) in (told(one.file.name), told(title_of(one.file.name, MAX_NAME_LENGTH))):
                return one
    return None
