"""The columns of what a person chose: how pages look to them, and what models are told of them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Appearance(models.Model):
    """A person's theme and size of text."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("System")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class TextSize(models.TextChoices):
        SMALL = "small", _("Small")
        NORMAL = "normal", _("Normal")
        LARGE = "large", _("Large")
        VERY_LARGE = "very-large", _("Very large")

    theme = models.CharField(_("theme"), max_length=10, choices=Theme.choices, default=Theme.SYSTEM)
    text_size = models.CharField(_("text size"), max_length=10, choices=TextSize.choices, default=TextSize.NORMAL)

    class Meta:
        abstract = True


class Introduction(models.Model):
    """A person's words about themselves, which models are told in private conversations alone.

    Administrators neither see nor log them: they are not editable.
    """

    MAX_INTRODUCTION = 4_000
    """Characters of `about_me`: they go along with each question."""

    address_as = models.CharField(_("how models address them"), max_length=120, blank=True, editable=False)
    about_me = models.TextField(_("what models know of them"), blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def introduction(self) -> str:
        """Return what the system prompt says of this person; empty if they want nothing told."""
        told = (
            self.address_as and f"Address the person you talk with as: {self.address_as}",
            self.about_me and f"They say of themselves:\n{self.about_me}",
        )
        return "\n\n".join(filter(None, told))
