"""The prompt of a reply: the branch above it, in the form of a provider."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain, groupby
from typing import Any
from uuid import UUID

from django.db.models.functions import Length

from conversations.content import file_parts
from conversations.files import documents
from conversations.generation.assistant_context import assistant_context
from conversations.generation.branch_cache import branches
from conversations.generation.folding import telling
from conversations.generation.project_context import context_of, note_version
from conversations.models import Conversation, File, Message, Summary, User
from conversations.models.file import MAX_PICTURE_BYTES, MAX_PICTURES, Form
from conversations.models.message import PromptMessage, Role
from conversations.usage.estimates import introduction_to
from providers.client.route import Route
from providers.errors import ContextTooLong
from providers.types import Part, Prompt, Turn

MAX_FILE_BYTES = 40 * 2**20
"""Bytes of all files of one prompt: vendors take 20 to 50 MB a request."""


MAX_PICTURES_SENT = 14
"""Pictures of a conversation that go along to a model which makes some: vendors take 14 to 16."""


GO_ON = (
    "Your last reply broke off. Continue it exactly where it ends: repeat nothing of it and write no introduction; "
    "your words are appended to it as they come."
)
"""The instruction to continue a reply: few vendors let the last turn be the model's own."""


_NOT_SAID = frozenset({"seam", "gap"})
"""Kinds of parts that only the site itself has added to a reply."""


SPEAKERS = (
    "Several people write here. Each of their messages begins with its author's name and a colon; "
    "your replies do not begin with a name."
)
"""The instruction for a branch in which several people wrote, and for teams that always name who speaks."""


def prompt_for(reply: Message, route: Route, looked_up: Part | None = None) -> Prompt:
    """Return the branch down to this reply as a prompt, with the files in the forms that its model takes.

    Where it was folded, the summary and people's own words stand for what is above.
    What its project tells comes first, then its assistant; what was looked up for the question stands right behind it.
    The reply's row notes the versions of the summary and of the project's instructions.
    """
    conversation = reply.conversation
    branch = branches.said_up_to(conversation.pk, reply.parent_id) if reply.parent_id else []
    people = {said.author for said in branch if said.role == Role.USER and said.author}
    fold = None
    if reply.parent_id and route.pictures is None and (fold := Summary.objects.above(conversation.pk, reply.parent_id)):
        branch = telling.told(branch, fold)
    telling.note_version(reply, fold)
    if looked_up is not None:
        branch[-1] = branch[-1]._replace(parts=[*branch[-1].parts, looked_up.to_json()])
    if reply.continues is not None and not route.makes_only_pictures:
        branch.append(PromptMessage(Role.ASSISTANT, reply.continues.parts))
    if route.pictures is not None:
        branch = _with_latest_pictures(branch)
    project = context_of(conversation.project_id)
    assistant = assistant_context(reply)
    # A picture shows what the question says: files before it would be drawn, or changed.
    before = [] if route.makes_only_pictures else [project, assistant]
    _refuse_too_many_bytes(branch, route.takes, [key for one in before for key in one.file_ids])
    note_version(reply, project.version)
    is_named = not route.makes_only_pictures and (len(people) > 1 or _always_named(conversation))
    speakers = SPEAKERS if is_named else ""
    standing = [project.instructions, assistant.instructions, conversation.system_prompt]
    told = [*standing, introduction_to(conversation), speakers]
    said = _turns(branch, route.takes, names_of(people) if is_named else {})
    go_on = [Turn("user", (Part("text", GO_ON),))] if reply.continues and not route.makes_only_pictures else []
    return Prompt(
        model=route.vendor_id,
        turns=(*merged((*chain.from_iterable(one.turns(route.takes) for one in before), *said)), *go_on),
        system="\n\n".join(filter(None, told)),
        parameters={**conversation.parameters, **reply.parameters},
    )


def _refuse_too_many_bytes(branch: list[PromptMessage], taken: Set[str], always: Iterable[str]) -> None:
    """Raise ContextTooLong if what the model gets of the files is too large, before reading them.

    A file that is in several messages counts as often, for so often it goes.
    """
    held = Counter(part["file"] for said in branch for part in said.parts if "file" in part)
    held.update(always)
    rows = File.objects.filter(pk__in=held).annotate(characters=Length("text__text")) if held else ()
    if sum(held[str(file.pk)] * _size(file, taken) for file in rows) > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 2**20
        raise ContextTooLong(because=f"The files of this conversation are together larger than {limit} MB.")


def _size(file: Any, taken: Set[str]) -> int:
    """Return the bytes or characters that a model gets of a file with its `characters`."""
    form = file.form_for(taken)
    if form is Form.PICTURES:
        return MAX_PICTURE_BYTES * min(file.pages, MAX_PICTURES)
    whole = file.size if form is Form.NATIVE or (form is Form.TEXT and file.characters is None) else 0
    return int(whole + (file.characters or 0))


def _with_latest_pictures(branch: list[PromptMessage]) -> list[PromptMessage]:
    """Return the branch with the latest pictures that one question may carry; only names are left of the others.

    A model that makes pictures would soon have made too many for its own next question.
    """
    named = [part["file"] for said in branch for part in said.parts if part["kind"] == "image" and "file" in part]
    sizes = {str(key): size for key, size in File.objects.filter(pk__in=named).values_list("pk", "size")}
    left, kept = MAX_FILE_BYTES, set[str]()
    for key in list(dict.fromkeys(reversed(named)))[:MAX_PICTURES_SENT]:
        left -= sizes.get(key, 0)
        kept |= {key} if left >= 0 else set()
    return [said._replace(parts=[_named_unless_kept(part, kept) for part in said.parts]) for said in branch]


def _named_unless_kept(part: dict[str, Any], kept: Set[str]) -> dict[str, Any]:
    if part["kind"] != "image" or part.get("file") in kept:
        return part
    return file_parts.as_placeholder(Part("image", "", {"name": part.get("name", "")})).to_json()


def _always_named(conversation: Conversation) -> bool:
    """Return whether even one speaker is named: as the team says and, so that the beginning stays, in its projects."""
    team = conversation.team
    return team is not None and (team.names_speakers or conversation.project_id is not None)


def names_of(authors: Set[str]) -> dict[str, str]:
    """Return the names of the authors; writers without an account are their own names."""
    people = {key: author for author in authors if (key := _id(author))}
    writers = authors - set(people.values())
    named = {people[user.pk]: user.name for user in User.objects.filter(pk__in=people)}
    return {name: name for name in writers} | named


def _id(author: str) -> UUID | None:
    try:
        return UUID(author)
    except ValueError:
        return None


def _turns(branch: Iterable[PromptMessage], taken: Set[str], names: Mapping[str, str]) -> Iterator[Turn]:
    assistant = Role.ASSISTANT.value
    begins_like = _begins_like(names.values())
    for role, stored, author in branch:
        parts = _parts(stored, taken)
        if role == assistant:
            yield Turn("assistant", parts)
        else:
            yield Turn("user", _signed(parts, names[author], begins_like) if author in names else parts)


def merged(turns: Iterable[Turn]) -> Iterator[Turn]:
    """Yield the turns, those of people that follow one another as one: vendors want turns that alternate."""
    for role, group in groupby(turns, key=lambda turn: turn.role):
        said = list(group)
        if role == "user" and len(said) > 1:
            yield Turn("user", tuple(_joined(turn.parts for turn in said)))
        else:
            yield from said


def _joined(messages: Iterable[tuple[Part, ...]]) -> Iterator[Part]:
    """Yield the parts of all messages; words that meet become one text, with a blank line between."""
    last: Part | None = None
    for parts in messages:
        for place, part in enumerate(parts):
            if last is not None and place == 0 and last.kind == part.kind == "text":
                last = last._replace(text=f"{last.text}\n\n{part.text}")
                continue
            if last is not None:
                yield last
            last = part
    if last is not None:
        yield last


def _begins_like(names: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern of a blank line behind which it looks as if one of these people went on."""
    written = "|".join(re.escape(said) for name in names if (said := " ".join(name.split())))
    return re.compile(rf"(?<=\n)[^\S\n]*\n(?=[^\S\n]*(?:{written})[^\S\n]*[:：])", re.IGNORECASE)


def _signed(parts: tuple[Part, ...], name: str, begins_like: re.Pattern[str]) -> tuple[Part, ...]:
    """Return the parts with the author's name before their first words, or after files without words.

    It stands once more before a paragraph that begins like somebody's words: else one could speak for others.
    """
    signature = f"{' '.join(name.split())}: "
    place = next((place for place, part in enumerate(parts) if part.kind == "text" and not part.detail), None)
    if place is None:
        return (*parts, Part("text", signature.strip()))
    said = begins_like.sub(lambda blank: blank[0] + signature, parts[place].text)
    return (*parts[:place], parts[place]._replace(text=signature + said), *parts[place + 1 :])


def _parts(said: list[dict[str, Any]], taken: Set[str]) -> tuple[Part, ...]:
    """Return a message's parts as they came, without those that only say something of the reply."""
    if (
        len(said) == 1 and len(said[0]) == 2 and said[0]["kind"] == "text" and "text" in said[0]
    ):  # by far the most frequent case
        return (Part("text", said[0]["text"]),)
    return tuple(_read(said, taken))


def _read(said: list[dict[str, Any]], taken: Set[str]) -> Iterator[Part]:
    kept = (Part.from_json(stored) for stored in _without_rounds(said) if stored["kind"] not in _NOT_SAID)
    for is_words, group in groupby(kept, key=lambda part: part.kind == "text" and not part.detail):
        if is_words:
            yield Part("text", "".join(part.text for part in group))
        else:
            for part in group:
                yield from _with_file(part, taken) if "file" in part.detail else (part,)


def _without_rounds(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the parts without the thoughts that led to looking into files: what they led to does not go back."""
    last = max((place for place, part in enumerate(said) if "function" in part), default=-1)
    return [part for place, part in enumerate(said) if place > last or part["kind"] != "thought"]


def _with_file(part: Part, taken: Set[str]) -> Sequence[Part]:
    """Return the part in the form that the model takes: with bytes, as text or pictures, or as its name."""
    file = File.objects.select_related("text").filter(pk=part.detail["file"]).first()
    return documents.for_model(part, file, taken) if file else (file_parts.as_placeholder(part),)
