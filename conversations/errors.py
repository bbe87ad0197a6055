"""Errors whose text people may see.

Refused ─ a command or request that was not carried out; nothing changed and nothing is remembered of it
├─ Held ─ a legal hold keeps what was to be deleted
└─ NotFound ─ absent or forbidden: the answer does not say which
"""

from typing import ClassVar

from django.utils.translation import gettext_noop

OWN_KEY_ALONE = gettext_noop("Your own key cannot answer now, and it is set so that the site's keys are not tried.")
TEAM_KEY_ALONE = gettext_noop("The team's key cannot answer now, and it is set so that the site's keys are not tried.")


class Refused(Exception):
    """A refusal with a code for programs and an English sentence; pages have their own, by code and perhaps field."""

    def __init__(self, code: str, text: str, field: str = "") -> None:
        super().__init__(text)
        self.code, self.text, self.field = code, text, field

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "text": self.text, **({"field": self.field} if self.field else {})}

    @property
    def http_status(self) -> int:
        return _STATUS.get(self.code, 400)


class NotFound(Refused):
    SENTENCE: ClassVar[str] = "There is nothing here that you may see."

    def __init__(self) -> None:
        super().__init__("not_found", self.SENTENCE)


class Held(Refused):
    """Refuses to delete for good what a legal hold keeps, or to move it out of the hold."""

    def __init__(self, act: str = "deleted for good") -> None:
        super().__init__("held", f"A legal hold keeps this conversation: it cannot be {act} now.")


_STATUS = {
    "not_found": 404,
    "conflict": 409,
    "held": 409,
    "too_long": 413,
    "no_room": 413,
    "busy": 429,
    "rate_limited": 429,
    "over_budget": 402,
    "unavailable": 503,
}
