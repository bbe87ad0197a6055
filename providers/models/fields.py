"""Fields and validators that several rows share."""

import json
from typing import Any
from uuid import UUID

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    return uuid7()


POSITIVE = MinValueValidator(1)


PRIORITY_HELP = _("The lowest number goes first; the next is used while the first cannot.")


WEIGHT_HELP = _("The share of calls among those of the same priority.")


def price_field(name: Any) -> models.DecimalField:  # type: ignore[type-arg]
    return models.DecimalField(
        name,
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Of a million tokens, in the site's currency."),
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
