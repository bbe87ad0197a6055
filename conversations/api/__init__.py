"""The HTTP API, /api/v1/: JSON for a browser's session and for programs with a token, described by OpenAPI."""

from conversations.api import drafts, errors, event_streams, exports, imports, routes, search
from conversations.api.assistants import files as assistant_files
from conversations.api.assistants import routes as assistants
from conversations.api.marks import catch_up, summaries
from conversations.api.marks import routes as marks
from conversations.api.notifications import routes as notifications
from conversations.api.projects import routes as project_routes
from conversations.api.prompts import files as prompt_files
from conversations.api.prompts import routes as prompts
from conversations.api.site_api import api
from conversations.api.speech import reading, transcriptions

__all__ = ["api", "errors"]

api.add_router("", assistant_files.router)
api.add_router("", assistants.router)
api.add_router("", drafts.router)
api.add_router("", event_streams.router)
api.add_router("", exports.router)
api.add_router("", imports.router)
api.add_router("", catch_up.router)
api.add_router("", marks.router)
api.add_router("", summaries.router)
api.add_router("", notifications.router)
api.add_router("", prompt_files.router)
api.add_router("", prompts.router)
api.add_router("", project_routes.router)
api.add_router("", search.router)
api.add_router("", transcriptions.router)
api.add_router("", reading.router)
api.add_router("", routes.router)  # the last: its last route takes what no other does
