"""A model field whose value is a handle: it shows ••••1a2b everywhere, and only the transport opens it.

fingerprint = models.CharField(…)                      # declared first: it is set together with the secret
secret = EncryptedField(fingerprint="fingerprint")
"""

from typing import Any

from django.db import models

from providers.encryption import sealing


class Secret:
    """A sealed value in its row. Printing, copying or dumping it never shows the plain text."""

    __slots__ = ("_place", "token")

    def __init__(self, token: str, place: str) -> None:
        self.token, self._place = token, place

    def reveal(self) -> str:
        """Return the plain secret. Raises sealing.Locked. Only providers.transport.call calls this."""
        return sealing.unseal(self.token, self._place)

    def __str__(self) -> str:
        return f"••••{sealing.hint(self.token)}" if self.token else ""

    def __repr__(self) -> str:
        return f"<Secret {self}>"

    def __bool__(self) -> bool:
        return bool(self.token)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and (self.token, self._place) == (other.token, other._place)

    def __hash__(self) -> int:
        return hash(self.token)

    def __reduce__(self) -> Any:
        return str, (str(self),)


class _Handle:
    """The attribute of a model that has an EncryptedField. It seals text for its row when the text is set."""

    def __init__(self, field: "EncryptedField") -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        if self.field.attname not in instance.__dict__:
            instance.refresh_from_db(fields=[self.field.attname])
        return Secret(instance.__dict__[self.field.attname], self.field.place(instance))

    def __set__(self, instance: models.Model, value: "str | Secret | None") -> None:
        instance.__dict__[self.field.attname] = self.field.sealed(instance, value)
        if self.field.fingerprint and isinstance(value, str) and not sealing.is_sealed(value):
            setattr(instance, self.field.fingerprint, sealing.fingerprints(value)[0] if value else "")


class EncryptedField(models.TextField):  # type: ignore[type-arg]
    """Text at rest under AES-256-GCM; the row (table, column and primary key) is part of the seal."""

    descriptor_class = _Handle

    def __init__(self, *args: Any, fingerprint: str = "", **kwargs: Any) -> None:
        self.fingerprint = fingerprint
        super().__init__(*args, **kwargs)

    def place(self, instance: models.Model) -> str:
        return f"{instance._meta.db_table}.{self.column}:{instance.pk}"

    def sealed(self, instance: models.Model, value: str | Secret | None) -> str:
        if isinstance(value, Secret):
            return value.token
        if not value or sealing.is_sealed(value):
            return value or ""
        return sealing.seal(value, self.place(instance))

    def get_prep_value(self, value: Any) -> Any:
        return value.token if isinstance(value, Secret) else value

    def from_db_value(self, value: str | None, *_: Any) -> Secret | None:
        """Return a handle without a row, as `values()` needs it. Such a handle can never be opened."""
        return None if value is None else Secret(value, "")

    def value_from_object(self, obj: models.Model) -> Any:
        return getattr(obj, self.attname)

    def value_to_string(self, obj: models.Model) -> str:
        token: str = self.value_from_object(obj).token
        return token
