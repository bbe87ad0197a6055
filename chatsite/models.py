"""Rows that the site keeps about itself."""

from django.db import DatabaseError, models
from django.utils import timezone


class Release(models.Model):
    """A version that has served this database; the latest row names the last one."""

    version = models.CharField(max_length=40)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-since", "-pk"]

    def __str__(self) -> str:
        return self.version

    @classmethod
    def last(cls) -> str:
        """Return the version that served last; "" for a database without such a row or table."""
        try:
            return cls.objects.values_list("version", flat=True).first() or ""
        except DatabaseError:  # an old database without this table
            return ""

    @classmethod
    def note(cls, version: str) -> None:
        """Add a row if another version served last."""
        if cls.last() != version:
            cls.objects.create(version=version)


class Pulse(models.Model):
    """The one row that checks change to find out whether the database can be written."""

    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.at:%F %T}"
