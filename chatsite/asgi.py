"""The ASGI application: Django for HTTP, one consumer for the websocket."""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django.setup(set_prefix=False)

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  (models can be imported only now)
from channels.security.websocket import WebsocketDenier  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402
from django.conf import settings  # noqa: E402

from chatsite.clients import reverse_proxy  # noqa: E402
from chatsite.server.handler import Handler  # noqa: E402
from conversations.connections.authentication import token_in  # noqa: E402
from conversations.websocket.routing import websocket_urlpatterns  # noqa: E402

_sockets = URLRouter(websocket_urlpatterns)  # the consumer itself finds the person
_browsers = SessionMiddlewareStack(_sockets)
_nobody = WebsocketDenier()


async def _handshake(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Accept a handshake of a known origin, or one with a token; deny others.

    A browser sends the cookie with a socket that any page opens, so the Origin counts. A token comes only from its
    program.
    """
    has_token = token_in(scope) is not None
    is_welcome = reverse_proxy.is_for_this_site(scope) and (has_token or _origin(scope) in settings.CHATSITE_ORIGINS)
    await ((_sockets if has_token else _browsers) if is_welcome else _nobody)(scope, receive, send)


def _origin(scope: dict[str, Any]) -> str:
    return b",".join(value for name, value in scope["headers"] if name == b"origin").decode("latin-1")


_behind = ProtocolTypeRouter({"http": Handler(), "websocket": _handshake})


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve a request with its true client and origin, whatever its headers claim."""
    await _behind(reverse_proxy.true_scope(scope), receive, send)
