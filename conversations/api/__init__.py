"""The HTTP API, /api/v1/: JSON for a browser's session and for programs with a token, described by OpenAPI."""

from conversations.api import errors, routes
from conversations.api.site_api import api

__all__ = ["api", "errors"]

api.add_router("", routes.router)
