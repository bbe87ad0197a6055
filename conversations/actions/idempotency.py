"""Idempotency of commands: the first ack is stored, and returned for repeats."""

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
    """Run `act` once for this command and return its ack, which must name the changed conversation.

    `find` returns the command's object, or refuses a person without access; it runs first, each time. A concurrent
    duplicate waits for the first. A refusal is not remembered.
    """
    if runner.is_closing():
        raise Refused("unavailable", "The server is restarting; try again in a moment.")
    try:
        with transaction.atomic():
            return _first(user, command, find, act)
    except IntegrityError:
        if (earlier := _receipt(user, command)) is None:
            raise
    visible(user, UUID(earlier["conversation"]))  # the person may have lost it since
    return earlier


def _first(
    user: User, command: commands.Command, find: Callable[[], T], act: Callable[[T], dict[str, Any]]
) -> dict[str, Any]:
    """Run the command and store its receipt; raises IntegrityError for a repeated one."""
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
