"""Troubles of vendors of which staff are told: refused keys, and endpoints that do not answer for a while."""

from datetime import timedelta

from conversations.models import Notification
from conversations.models.notifications.notification import Kind
from providers import clock
from providers.errors import OF_THE_ACCOUNT
from providers.models import ApiKey, Endpoint, Trouble

DOWN_AFTER = timedelta(minutes=1)
"""Time for which an endpoint fails before anybody is told: most are back within seconds."""


def note(trouble: Trouble) -> None:
    """Note a trouble for staff, once; runs in the transaction that stores it."""
    key = f"{trouble.subject}:{trouble.since.isoformat()}"
    if trouble.code in OF_THE_ACCOUNT:
        found = ApiKey.objects.of_site().filter(pk=trouble.subject).select_related("endpoint").first()
        if found is not None:
            _note(Kind.KEY_REFUSED, key, trouble, str(found), "providers.change_apikey")
    elif clock.now() - trouble.since >= DOWN_AFTER:
        endpoint = Endpoint.objects.filter(pk=trouble.subject).first()
        if endpoint is not None:
            _note(Kind.ENDPOINT_DOWN, key, trouble, endpoint.name, "providers.change_endpoint")


def _note(kind: Kind, key: str, trouble: Trouble, subject: str, permission: str) -> None:
    Notification.objects.note_for_staff(kind, key, trouble.subject, subject, permission)
