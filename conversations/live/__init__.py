"""Replies under way in this process and their subscribers: queue, beat, fan-out.

Threads put events into one queue, and wake the event loop only when it sleeps. All the rest here runs on the loop. The
state here makes delivery fast and decides nothing: the rows decide.
"""

from conversations.live.hub import Hub, hub
from conversations.live.interfaces import Viewer
from conversations.live.reply import LiveReply
from conversations.live.viewers import Subscription

__all__ = ["Hub", "LiveReply", "Subscription", "Viewer", "hub"]
