"""The ASGI application: Django for HTTP, one consumer for the websocket."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
_django = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  (models can be imported only now)
from channels.security.websocket import OriginValidator  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402
from django.conf import settings  # noqa: E402

from conversations.routing import websocket_urlpatterns  # noqa: E402

_sockets = SessionMiddlewareStack(URLRouter(websocket_urlpatterns))  # the consumer asks who it is by itself

application = ProtocolTypeRouter(
    {"http": _django, "websocket": OriginValidator(_sockets, settings.CHATSITE_ORIGINS)},
)
