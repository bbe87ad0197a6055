"""Once, however often asked: the first ack is kept and given again."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction

from conversations.actions.access import visible
from conversations.errors import Refused
from conversations.generation import runner
from conversations.models import Receipt, User
from conversations.protocol import commands
from providers.prepared_queries import insert

T = TypeVar("T")


def idempotent(
    user: User, command: commands.Command, find: Callable[[], T], act: Callable[[T], dict[str, Any]]
) -> dict[str, Any]:
    """What `act` returned when this command first came; it must name the conversation that it changed.

    `find` looks for what the command is about, and refuses who may not: before anything else, each time. Whoever comes
    second at the same time waits for the first. A refusal is not remembered.
    """
    if runner.is_closing():
        raise Refused("unavailable", "The server is restarting; try again in a moment.")
    try:
        with transaction.atomic():
            return _first(user, command, find, act)
    except IntegrityError:
        if (earlier := _receipt(user, command)) is None:
            raise
    visible(user, UUID(earlier["conversation"]))  # what was done then may be out of reach now
    return earlier


def _first(
    user: User, command: commands.Command, find: Callable[[], T], act: Callable[[T], dict[str, Any]]
) -> dict[str, Any]:
    """Raises IntegrityError where this was not the first."""
    found = find()
    receipt = Receipt(person=user, command_id=command.id, body_hash=command.digest)
    insert([receipt])
    receipt.keep(act(found))
    return receipt.ack


def _receipt(user: User, command: commands.Command) -> dict[str, Any] | None:
    receipt = Receipt.objects.filter(person=user, command_id=command.id).first()
    if receipt is None:
        return None
    if receipt.body_hash != command.digest:
        raise Refused("conflict", "This id was used for another command.")
    return receipt.ack
