"""Questions to a site of several processes, and the ends of their replies."""

from typing import Any

from tests.cluster.site import Site
from tests.sockets import Socket


def ask(socket: Socket, site: Site, text: str = "Hi", **fields: Any) -> dict[str, Any]:
    """Ask in a conversation of the team, a new one unless it is named, and return the ack."""
    given = {"conversation": None, "team": site.team, "text": text, "models": [site.model], **fields}
    if given["conversation"]:
        del given["team"]
    ack = socket.ask("message.send", **given)
    assert ack["type"] == "ack", ack
    return ack


def finished(socket: Socket, reply: str) -> dict[str, Any]:
    """Return this reply's end as the socket received it."""
    frame = socket.wait(lambda frame: frame["type"] == "message.finished" and frame["message"]["id"] == reply)
    return dict(frame["message"])
