"""The columns of a closed account."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Closing(models.Model):
    """An account that its person, or an administrator, has closed for good: its row carries the name of what stays."""

    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)
    is_nameless = models.BooleanField(default=False, editable=False)
    """Whether what they wrote in teams is by "a former member"."""

    class Meta:
        abstract = True

    @property
    def shown_instead(self) -> str:
        """Return the words in place of the name, in the reader's language; "" if the name is shown."""
        return gettext("A former member") if self.is_nameless else ""
