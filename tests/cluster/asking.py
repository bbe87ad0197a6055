"""Questions at a site of several processes, and how their replies end."""

from typing import Any

from tests.cluster.site import Site
from tests.sockets import Socket


def ask(socket: Socket, site: Site, text: str = "Hi", **fields: Any) -> dict[str, Any]:
    """A question to a conversation of the team, a new one unless it is named."""
    given = {"conversation": None, "team": site.team, "text": text, "models": [site.model], **fields}
    if given["conversation"]:
        del given["team"]
    ack = socket.ask("message.send", **given)
    assert ack["type"] == "ack", ack
    return ack


def finished(socket: Socket, reply: str) -> dict[str, Any]:
    """This reply's end, as it was told."""
    frame = socket.wait(lambda frame: frame["type"] == "message.finished" and frame["message"]["id"] == reply)
    return dict(frame["message"])
