"""The API object: its title, its two ways to sign in, its parser."""

from functools import cached_property
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.security import django_auth

from conversations.api.authentication import BearerToken, JsonObjects


class SiteAPI(NinjaAPI):
    """The API, whose description is made once a process: it takes half a second, and anybody may ask for it."""

    def get_openapi_schema(self, **_: Any) -> OpenAPISchema:
        """Return the description, with the paths from the root of the site."""
        return self._description

    @cached_property
    def _description(self) -> OpenAPISchema:
        return super().get_openapi_schema(path_params={})


api = SiteAPI(
    title="Chatsite",
    version="1",
    urls_namespace="api",
    auth=[BearerToken(), django_auth],
    docs_url=None,
    parser=JsonObjects(),
)
