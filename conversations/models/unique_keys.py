"""Unique keys of names and addresses, equal for two spellings of the same one on each database."""

from typing import Any

from django.db import models

from conversations.confusable_names import skeleton


class KeyField(models.CharField):  # type: ignore[type-arg]
    """The key of another text field, computed when its row is saved; null if that text is empty.

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
    """The key of a name: equal for names that look the same."""

    @staticmethod
    def key_of(text: str) -> str:
        return skeleton(text)


class AddressKey(KeyField):
    """The key of a mail address, without capitals and surrounding spaces."""

    @staticmethod
    def key_of(text: str) -> str:
        return text.strip().casefold()
