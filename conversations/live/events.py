"""The events from server to client: their fields, and the people they are for."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.template.loader import render_to_string

from conversations.content.parts import public_fields
from conversations.files import storage
from conversations.live import hub
from conversations.live.reply import time_left
from conversations.live.viewer_events import Event, PrivateFields
from conversations.models import Conversation, Message, Notification, Project, Remark, Summary, Team, User, Verification
from conversations.models.assistants.assistant import public_note
from providers.error_texts import without_quote


def message_json(message: Message, reader: User | None = None) -> dict[str, Any]:
    """Return a message as the websocket and the HTTP API show it to this reader, or to everyone.

    `quote` is there if the vendor said something on the reply's end, empty for who may not see it.
    """
    fields = _message_fields(message)
    if message.quote and reader is not None and message.shows_quote_to(reader):
        fields |= _quoted(message)
    return fields


def _message_fields(message: Message) -> dict[str, Any]:
    wrote = message.author if message.author and not message.is_reply else None
    return {
        "id": message.id,
        "conversation": message.conversation_id,
        "parent": message.parent_id,
        "role": message.role,
        "author": {"id": wrote.id, "name": wrote.name} if wrote else None,
        "for_people": bool(message.for_people),
        "asked_by": message.author_id if message.is_reply else None,
        "text": message.text,
        "parts": [public_fields(part) for part in message.parts],
        "files": storage.files_of(message),
        "status": message.status,
        "seq": message.seq,
        "model": message.model_id,
        "model_name": message.model_name,
        "finish_reason": message.finish_reason or None,
        "usage": message.usage(),
        "error": _error(message, without_quote(message.error_text)),
        **({"quote": ""} if message.quote else {}),
        "left_out": message.left_out,
        **({"prompt": message.prompt} if message.prompt else {}),
        **({"assistant": public_note(message.assistant)} if message.assistant else {}),
        "verified": verified_json(message.verified),
        "created_at": message.created_at,
    }


def verified_json(mark: Verification | None) -> dict[str, Any] | None:
    """Return who vouches for a reply since when, a note, and the day of the next look."""
    if mark is None or mark.is_withdrawn:
        return None
    return {"by": _person(mark.by), "note": mark.note, "until": mark.until, "at": mark.verified_at}


def remark_json(remark: Remark) -> dict[str, Any]:
    """Return a remark; of a deleted one only that it is."""
    about = {"id": remark.pk, "message": remark.message_id, "remark": remark.above_id, "revision": remark.revision}
    if remark.is_deleted:
        return {**about, "deleted": True}
    resolved = {"by": _person(remark.resolved_by), "at": remark.resolved_at} if remark.resolved_at else None
    return {
        **about,
        "author": _person(remark.author),
        "text": remark.text,
        "quote": remark.quote,
        "start": remark.start,
        "end": remark.end,
        "assignee": _person(remark.assignee),
        "resolved": resolved,
        "created_at": remark.created_at,
    }


def _person(person: User | None) -> dict[str, Any] | None:
    """Return a person's id and name; None where the account is gone."""
    return {"id": person.id, "name": person.name} if person else None


def mark_json(mark: Verification) -> dict[str, Any]:
    """Return a changed mark with the id of its message."""
    return {"message": mark.message_id, "verified": verified_json(mark)}


def _quoted(message: Message) -> dict[str, Any]:
    """Return the fields with the vendor's own words on the end of the reply."""
    return {"error": _error(message, message.error_text), "quote": message.quote}


def _error(message: Message, text: str) -> dict[str, Any] | None:
    if not message.error_code:
        return None
    cause = {"cause": message.cause} if message.cause else {}
    wait = {"wait": message.wait} if message.wait else {}
    return {"code": message.error_code, "text": text, **cause, **wait}


def conversation_json(conversation: Conversation, user: User) -> dict[str, Any]:
    """Return a conversation as this person sees it; the row must come from `models.sidebar`."""
    return {
        **_shared_fields(conversation, conversation.shown_project),
        "id": conversation.id,
        "audience": _audience(conversation, user),
        "system_prompt": conversation.system_prompt,
        "parameters": conversation.parameters,
        **arrangement_json(conversation),
        "streaming": conversation.is_streaming,  # type: ignore[attr-defined]
        "revision": conversation.revision,
        "deleted_at": conversation.deleted_at,
    }


_ARRANGED = ("pinned", "archived", "muted", "unread", "mentioned")


def arrangement_json(conversation: Conversation) -> dict[str, bool]:
    """Return the place that a person gave a conversation; the row must come from `models.sidebar`."""
    return {name: getattr(conversation, f"is_{name}") for name in _ARRANGED}


def body_html(message: Message) -> str:
    """Return the inside of a message's body, the same for all readers."""
    return render_to_string("_message_body.html", {"message": message})


def messages_created(
    conversation: Conversation, messages: Sequence[Message], revision: int, *, streaming: bool
) -> None:
    """Announce a question and its replies in this order, with one wake-up of the loop for all."""
    made = [Event(one.conversation_id, _of_message("message.created", one), body_html(one)) for one in messages]
    first = messages[0]
    place = {"place": place_json(first, first.author)} if first.author else {}
    hub.publish(*made, *updated(conversation, revision, streaming=streaming, **place))


def mention_created(message: Message, people: Iterable[UUID]) -> None:
    """Announce to all sockets of these people that a message mentions them; what it says is read elsewhere."""
    hub.publish(mention_event(message, people))


def mention_event(message: Message, people: Iterable[UUID]) -> Event:
    wrote = message.author
    payload = {
        "type": "mention.created",
        "conversation": message.conversation_id,
        "message": message.id,
        "person": {"id": wrote.id, "name": wrote.name} if wrote else None,
    }
    return Event(message.conversation_id, payload, people=tuple(people))


def notification_json(row: Notification) -> dict[str, Any]:
    """Return a notification with the title of its conversation, and nothing of what a message says."""
    return {
        "id": row.id,
        "kind": row.kind,
        "conversation": row.conversation_id,
        "message": row.message_id,
        "title": row.conversation.title if row.conversation else "",
        "team": team_json(row.team) if row.team else None,
        "person": _person(row.by),
        "subject": row.subject,
        "created_at": row.created_at,
        "read": row.read_at is not None,
    }


def notification_created(row: Notification, unread: int) -> None:
    """Announce to all sockets of its person what happened, and how much they have not read."""
    payload = {"type": "notification.created", "notification": notification_json(row), "unread": unread}
    hub.publish(Event(row.id, payload, people=(row.person_id,)))


def notifications_read(person: User) -> None:
    """Announce to all sockets of this person how much they have not read yet."""
    hub.publish(notifications_event(person))


def notifications_event(person: User) -> Event:
    unread = Notification.objects.of(person).unread().count()
    return Event(person.id, {"type": "notification.read", "unread": unread}, people=(person.id,))


def place_json(message: Message, person: User) -> dict[str, Any]:
    """Return the message through which the thread goes on from now on, and the person who led it there."""
    return {"message": message.id, "person": {"id": person.id, "name": person.name}}


def message_finished(message: Message) -> None:
    payload = {**_of_message("message.finished", message), "seq": message.seq}
    hub.publish(Event(message.conversation_id, payload, body_html(message), private=_private(message)))


def _private(message: Message) -> PrivateFields | None:
    """Return the vendor's own words with the people who may see them, if there are any."""
    if not message.quote:
        return None
    asked_or_staff = User.objects.filter(Q(pk=message.author_id) | Q(is_staff=True))
    readers = tuple(person.pk for person in asked_or_staff if message.shows_quote_to(person))
    return PrivateFields(readers, _quoted(message))


def message_waiting(conversation: UUID, message: UUID, code: str, until: datetime | None) -> None:
    """Announce why this reply has not begun and, if known, until when and for how long."""
    payload = {"type": "message.waiting", "conversation": conversation, "message": message, "reason": {"code": code}}
    hub.publish(Event(conversation, {**payload, **time_left(until)}))


def conversation_updated(conversation: Conversation, revision: int, **changed: Any) -> None:
    """Announce a change to all sockets of all readers: sidebars show conversations that are not open."""
    hub.publish(*updated(conversation, revision, **changed))


def updated(conversation: Conversation, revision: int, **changed: Any) -> list[Event]:
    """Return the event for its readers, and others, without the project, for those who read it by name."""
    payload = {
        "type": "conversation.updated",
        "conversation": conversation.id,
        "revision": revision,
        **_shared_fields(conversation, conversation.project),
        "tuned": bool(conversation.system_prompt or conversation.parameters),
        "searches": bool(conversation.parameters.get("web_search")),
        **changed,
    }
    if conversation.deleted_at is not None:
        return []
    placed, rights = conversation.placed_ids(), conversation.rights_by_name()
    news = [Event(conversation.id, payload, people=tuple(placed))]
    for named in ("read", "write") if rights else ():
        people = [key for key, writes in rights.items() if writes == (named == "write") and key not in placed]
        news.append(Event(conversation.id, {**payload, **_project(None), "named": named}, people=tuple(people)))
    return [one for one in news if one.people]


def reply_marked(conversation: Conversation, mark: Verification) -> None:
    """Announce to all sockets of all readers that a reply is verified, or no longer."""
    hub.publish(*updated(conversation, mark.revision, mark=mark_json(mark)))


def remark_changed(conversation: Conversation, remark: Remark) -> None:
    """Announce to all sockets of all readers that a remark was made, changed or deleted."""
    hub.publish(*updated(conversation, remark.revision, remark=remark_json(remark)))


def summary_json(summary: Summary) -> dict[str, Any]:
    """Return a summary with its versions, whose authors are fetched before."""
    return {
        "id": summary.pk,
        "message": summary.message_id,
        "text": summary.text,
        "version": summary.version,
        "model_name": summary.model_name,
        "cost": summary.cost,
        "revision": summary.revision,
        "versions": [
            {"number": one.number, "author": _person(one.author), "text": one.text, "created_at": one.created_at}
            for one in summary.versions.all()
        ],
    }


def summary_changed(conversation: Conversation, summary: Summary) -> None:
    """Announce to all readers that there is a summary, or another version of one; its words are read elsewhere."""
    told = {"id": summary.pk, "message": summary.message_id, "version": summary.version}
    hub.publish(*updated(conversation, summary.revision, summary=told))


def conversation_arranged(conversation: Conversation, person: UUID) -> None:
    """Announce to this person's sockets the place that they gave a conversation."""
    payload = {"type": "conversation.arranged", "conversation": conversation.id, **arrangement_json(conversation)}
    hub.publish(Event(conversation.id, payload, people=(person,)))


def conversation_gone(conversation: UUID, revision: int, people: Iterable[UUID]) -> None:
    payload = {"type": "conversation.gone", "conversation": conversation, "revision": revision}
    hub.publish(Event(conversation, payload, people=tuple(people)))


def rights_event(person: UUID) -> Event:
    """Return the event that this person's places in teams are others now: clients ask again what they may do."""
    return Event(person, {"type": "rights.changed"}, people=(person,))


def import_ended(import_id: UUID, imported: int, people: Iterable[UUID]) -> None:
    """Announce to all sockets of these people that so many conversations have come into their lists."""
    payload = {"type": "import.ended", "import": import_id, "imported": imported}
    hub.publish(Event(import_id, payload, people=tuple(people)))


def typing(conversation: UUID, person: User) -> None:
    """Announce that this person is typing."""
    who = {"id": person.id, "name": person.name}
    hub.publish(Event(conversation, {"type": "typing", "conversation": conversation, "person": who}))


def _of_message(kind: str, message: Message) -> dict[str, Any]:
    return {
        "type": kind,
        "conversation": message.conversation_id,
        "revision": message.revision,
        "message": message_json(message),
    }


def _shared_fields(conversation: Conversation, project: Project | None) -> dict[str, Any]:
    team = conversation.team
    return {
        "title": conversation.title,
        "owner": {"id": conversation.owner_id, "name": conversation.owner.name},
        "team": team_json(team) if team else None,
        "guests": guests_json(conversation),
        "teams": teams_json(conversation),
        **_project(project),
        "model": conversation.model_id,
        "assistant": conversation.assistant_id,
        "began_with": conversation.began_with,
        "updated_at": conversation.updated_at,
    }


def _project(project: Project | None) -> dict[str, Any]:
    return {"project": project and project.id, "project_name": project.name if project else ""}


def _audience(conversation: Conversation, user: User) -> dict[str, Any]:
    team, guests, teams = conversation.team, guests_json(conversation), teams_json(conversation)
    rules = {name: bool(getattr(conversation, f"is_{rule}")) for name, rule in _JUDGED.items()}
    if team is None:
        return {"kind": "people" if guests or teams else "private", **rules, "guests": guests, "teams": teams}
    return {"kind": "team", "team": team_json(team), **rules, "guests": guests, "teams": teams}


_JUDGED = {"write": "writable", "decide": "decided", "named": "named"}


def guests_json(conversation: Conversation) -> list[dict[str, Any]]:
    """Return the people to whom a conversation is open by name."""
    guests = conversation.named()
    return [{"id": one.user_id, "name": one.user.name, "write": one.writes} for one in guests]


def teams_json(conversation: Conversation) -> list[dict[str, Any]]:
    """Return the teams to which a conversation is open beside its own."""
    return [{"id": one.team_id, "name": one.team.name, "write": one.writes} for one in conversation.named_teams()]


def team_json(team: Team) -> dict[str, Any]:
    """Return a team with the days for which it keeps conversations; None for ever."""
    return {"id": team.id, "name": team.name, "keeps_days": team.keeps_days}
