"""Fields and validators that several rows share."""

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from providers.blank_text import is_blank


def new_id() -> UUID:
    return uuid7()


POSITIVE = MinValueValidator(1)


if TYPE_CHECKING:
    _Line = models.CharField[str, str]
else:
    _Line = models.CharField


class NameField(_Line):
    """The name by which people tell a row from others; something of it can be seen."""

    def validate(self, value: Any, model_instance: Any) -> None:
        super().validate(value, model_instance)
        if value and is_blank(value):
            raise ValidationError(_("A name needs at least one character that can be seen."))

    def deconstruct(self) -> Any:
        """Return what a CharField does: the column is the same."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


PRIORITY_HELP = _("The lowest number goes first; the next is used while the first cannot.")


WEIGHT_HELP = _("The share of calls among those of the same priority.")


PRICE_OF_TOKENS_HELP = _("Of a million tokens, in the site's currency.")
PRICE_OF_CALL_HELP = _("Of each call, in the site's currency, beside its tokens.")
PRICE_OF_PICTURE_HELP = _("Of each picture that it makes, in the site's currency, beside its tokens.")
PRICE_OF_MINUTE_HELP = _("Of each minute of speech that it writes down, in the site's currency, beside its tokens.")

PRICE_OF_CHARACTERS_HELP = _("Of a million characters that it reads aloud, in the site's currency, beside its tokens.")


def price_field(name: Any, help_text: Any = PRICE_OF_TOKENS_HELP) -> models.DecimalField:  # type: ignore[type-arg]
    return models.DecimalField(
        name,
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=help_text,
    )


def _is_json(value: Any) -> bool:
    """Return whether vendors and databases accept `value` as JSON.

    Python also reads NaN, unpaired surrogates and NUL, which some of them refuse.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        return False
    return "\\u0000" not in text
