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
from django.core.handlers.asgi import ASGIHandler  # noqa: E402
from django.http.response import HttpResponseBase  # noqa: E402

from chatsite import front  # noqa: E402
from conversations.admission import token_in  # noqa: E402
from conversations.routing import websocket_urlpatterns  # noqa: E402
from conversations.stored_file import StoredFile  # noqa: E402

_PATHSEND = "http.response.pathsend"


class _Django(ASGIHandler):
    """Django's, but it names a file to a server that can send one by itself, instead of reading it into memory."""

    async def run_get_response(self, request: Any) -> HttpResponseBase:
        response = await super().run_get_response(request)
        if isinstance(response, StoredFile):
            response.is_left_to_server = _PATHSEND in request.scope.get("extensions", {})
        return response

    async def send_response(self, response: HttpResponseBase, send: Any) -> None:
        if isinstance(response, StoredFile) and response.path and response.is_left_to_server:
            send = _with_file(send, str(response.path))
            response.content = b""
        await super().send_response(response, send)


def _with_file(send: Any, path: str) -> Any:
    """Sends what it is given, but the file instead of a body."""

    async def send_path(message: dict[str, Any]) -> None:
        is_body = message["type"] == "http.response.body"
        await send({"type": _PATHSEND, "path": path} if is_body else message)

    return send_path


_sockets = URLRouter(websocket_urlpatterns)  # the consumer asks who it is by itself
_browsers = SessionMiddlewareStack(_sockets)
_nobody = WebsocketDenier()


async def _handshake(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A cookie comes with any page that opens a socket to us, so its Origin counts; a token with its program alone."""
    has_token = token_in(scope) is not None
    is_welcome = front.names_us(scope) and (has_token or _origin(scope) in settings.CHATSITE_ORIGINS)
    await ((_sockets if has_token else _browsers) if is_welcome else _nobody)(scope, receive, send)


def _origin(scope: dict[str, Any]) -> str:
    return b",".join(value for name, value in scope["headers"] if name == b"origin").decode("latin-1")


_behind = ProtocolTypeRouter({"http": _Django(), "websocket": _handshake})


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve a request as it really is, whatever its headers claim."""
    await _behind(front.enter(scope), receive, send)
