"""Unique forms of names and addresses, by which two spellings of one are the same on every database."""

from typing import Any

from django.db import models

from conversations.confusable_names import skeleton


class KeyField(models.CharField):  # type: ignore[type-arg]
    """The key of another text field, computed when its row is saved; null where that text is empty.

    `save(update_fields=…)` has to name it beside its source.
    """

    def __init__(self, source: str = "", **_kwargs: Any) -> None:
        self.source = source
        super().__init__(max_length=600, null=True, unique=True, editable=False)

    def deconstruct(self) -> Any:
        name, path, _args, _kwargs = super().deconstruct()
        return name, path, [], {"source": self.source}

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        key = self.key_of(getattr(model_instance, self.source)) or None
        setattr(model_instance, self.attname, key)
        return key

    @staticmethod
    def key_of(text: str) -> str:
        raise NotImplementedError


class NameKey(KeyField):
    """A name as it looks."""

    @staticmethod
    def key_of(text: str) -> str:
        return skeleton(text)


class AddressKey(KeyField):
    """A mail address in which capitals and spaces around do not count."""

    @staticmethod
    def key_of(text: str) -> str:
        return text.strip().casefold()
