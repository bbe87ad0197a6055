"""The look-up of a request's person in the database, in threads of its own."""

from concurrent.futures import Future
from functools import partial

from django.db import close_old_connections

from chatsite.clients.senders import Proof, Sender, people
from conversations.connections.authentication import person_of
from conversations.live.interfaces import Credential
from conversations.workers.thread_pool import ThreadPool

_crew = ThreadPool("whose", 2, each=lambda _: 1, waiting=10, kept=0)


def find_owner(sender: Sender) -> "Future[str]":
    """Return a future of a request's owner. Raises Full if one address has too many look-ups at once."""
    return _crew.submit_for(sender.address, partial(_found, sender.proof))


def _found(proof: Proof) -> str:
    close_old_connections()
    try:
        person = person_of(Credential(proof.session, proof.token))
        return people.note(proof, person.pk) if person else ""
    finally:
        close_old_connections()
