"""Idempotency of commands: the first ack is stored, and returned for repeats.

with transaction.atomic():
    found = …                       # access is asked first, each time
    receipt = claim(user, command)
    if receipt.is_new:
        receipt.keep(_act(found))
return receipt.ack
"""

from uuid import UUID

from conversations.actions.access import visible
from conversations.errors import Refused
from conversations.generation import runner
from conversations.models import Receipt, User
from conversations.protocol import commands
from providers.prepared_queries import insert_new


def claim(user: User, command: commands.Command) -> Receipt:
    """Return the command's receipt: a new one, or that of the first time with its ack.

    It runs in the transaction that acts: a refusal is not remembered, and a concurrent duplicate waits for the first.
    """
    if runner.is_closing():
        raise Refused("unavailable", "The server is restarting; try again in a moment.")
    receipt = Receipt(person=user, command_id=command.id, body_hash=command.digest)
    if insert_new(receipt):
        return receipt
    earlier = Receipt.objects.get(person=user, command_id=command.id)
    if earlier.body_hash != command.digest:
        raise Refused("conflict", "This id was used for another command.")
    visible(user, UUID(earlier.ack["conversation"]))  # the person may have lost it since
    return earlier
