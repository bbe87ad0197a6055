"""The ASGI application: Django for HTTP, one consumer for the websocket."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
_django = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  (models can be imported only now)
from channels.security.websocket import OriginValidator  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402
from django.conf import settings  # noqa: E402

from conversations.admission import token_in  # noqa: E402
from conversations.routing import websocket_urlpatterns  # noqa: E402

_sockets = URLRouter(websocket_urlpatterns)  # the consumer asks who it is by itself
_browsers = OriginValidator(SessionMiddlewareStack(_sockets), settings.CHATSITE_ORIGINS)


async def _entrance(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A cookie comes with any page that opens a socket to us, so its Origin counts; a token with its program alone."""
    await (_browsers if token_in(scope) is None else _sockets)(scope, receive, send)


application = ProtocolTypeRouter({"http": _django, "websocket": _entrance})
