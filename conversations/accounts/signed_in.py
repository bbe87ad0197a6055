"""The person of a request that a sign-in has let through."""

from django.http import HttpRequest

from conversations.models import User


def person_of(request: HttpRequest) -> User:
    """Return the person of a request; a view for signed-out visitors must not call it."""
    assert isinstance(request.user, User)
    return request.user
