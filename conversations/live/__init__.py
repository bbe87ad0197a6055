"""The replies under way in this process and who watches them: buffer, beat, fan-out.

Threads put what they have into one inbox and wake the event loop only when it sleeps; everything else here runs on
the loop. What this module holds makes things quick and decides nothing: the rows do.
"""

from conversations.live.hub import Hub, hub
from conversations.live.interfaces import Viewer
from conversations.live.reply import LiveReply
from conversations.live.viewers import Subscription

__all__ = ["Hub", "LiveReply", "Subscription", "Viewer", "hub"]
