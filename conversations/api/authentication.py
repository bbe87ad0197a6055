"""Sign-in of programs by a personal token, and strict bodies."""

from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.security import HttpBearer

from conversations.accounts import rate_limits
from conversations.errors import Refused
from conversations.models import PersonalToken, User
from conversations.protocol import strict_json


class BearerToken(HttpBearer):
    """Authenticates programs by a personal token, without a CSRF token: no browser sends one unasked."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        found = PersonalToken.objects.of(token).select_related("user").first()
        if found is None:
            if rate_limits.bad_token(request):
                raise Refused("rate_limited", "Too many calls with a token that is none.")
            return None
        found.note_use()
        request.user = found.user
        return found.user


class JsonObjects(Parser):
    """Parses bodies as strictly as websocket frames; ninja would take any value's attributes for fields."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        return strict_json.json_object(request.body.decode())
