"""The API object: its title, its two ways to sign in, its parser."""

from ninja import NinjaAPI
from ninja.security import django_auth

from conversations.api.authentication import BearerToken, JsonObjects

api = NinjaAPI(
    title="Chatsite",
    version="1",
    urls_namespace="api",
    auth=[BearerToken(), django_auth],
    docs_url=None,
    parser=JsonObjects(),
)
