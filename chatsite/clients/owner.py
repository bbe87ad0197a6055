"""Whose a request is, asked of the database in threads of its own."""

from concurrent.futures import Future
from functools import partial

from django.db import close_old_connections

from chatsite.clients.senders import Proof, Sender, people
from conversations.websocket.authentication import Credential, person_of
from conversations.workers.thread_pool import ThreadPool

_crew = ThreadPool("whose", 2, each=lambda _: 1, waiting=10, kept=0)


def find_owner(sender: Sender) -> "Future[str]":
    """Find out who is the owner of a request; raises Full where one address asks too often at once."""
    return _crew.submit_for(sender.address, partial(_found, sender.proof))


def _found(proof: Proof) -> str:
    close_old_connections()
    try:
        person = person_of(Credential(proof.session, proof.token))
        return people.note(proof, person.pk) if person else ""
    finally:
        close_old_connections()
