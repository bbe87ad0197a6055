"""The columns for how pages look to one person."""

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
