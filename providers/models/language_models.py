"""Models, and the endpoints that serve them."""

import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from functools import reduce
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from providers import clock
from providers.models.endpoints import Endpoint, wire_choices
from providers.models.fields import (
    POSITIVE,
    PRICE_OF_CALL_HELP,
    PRICE_OF_CHARACTERS_HELP,
    PRICE_OF_MINUTE_HELP,
    PRICE_OF_PICTURE_HELP,
    PRIORITY_HELP,
    WEIGHT_HELP,
    NameField,
    _is_json,
    new_id,
    price_field,
)
from providers.models.keys import ApiKey
from providers.prices import LongPrices, Prices
from providers.wires import registry
from providers.wires.declarations import NO_SEARCH, web_search_form, wire_learnt
from providers.wires.parameters import Choice, Parameter, pictures_of
from providers.wires.turns import NO_FILES, NO_SOUNDS

MAX_SENTENCE_LENGTH = 200
"""Characters of a vendor's sentence about a quirk that are kept."""
MAX_DESCRIPTION_LENGTH = 200


def web_search_choices() -> list[tuple[Any, Any]]:
    """Return the forms of web search by wire. Migrations name this function, so new ones need no migration."""
    by_wire: Iterable[tuple[Any, Any]] = (
        (_(wire.LABEL), [(form.name, form.label) for form in wire.WEB_SEARCHES]) for wire in registry.WIRES.values()
    )
    return [("", _("as usual there")), (NO_SEARCH, _("none")), *by_wire]


class LanguageModelQuerySet(models.QuerySet["LanguageModel"]):
    def usable(self, keys: models.Q) -> "LanguageModelQuerySet":
        """Return enabled models with at least one usable deployment, for keys that match `keys`."""
        return self.filter(enabled=True, pk__in=Deployment.objects.usable(keys).values("model"))

    def for_replies(self) -> "LanguageModelQuerySet":
        """Return the models that answer questions."""
        return self.filter(purpose=LanguageModel.Purpose.REPLIES)

    def in_order(self, *, lock: bool = False) -> list["LanguageModel"]:
        """Return the models as people see them listed; `lock` them for the transaction, if asked."""
        rows = self.select_for_update(no_key=True).order_by("pk") if lock else self
        return sorted(rows, key=LanguageModel.order_key)

    def move(self, model: "LanguageModel", place: int) -> None:
        """Move a model to a place in the list of all; from then on each of them has its position."""
        rows = [row for row in self.in_order(lock=True) if row != model]
        rows.insert(max(0, place), model)
        for position, row in enumerate(rows, 1):
            row.position = position
        self.bulk_update(rows, ["position"])


class LanguageModel(models.Model):
    """A model in the list from which people choose, or one that does something else for them."""

    class Purpose(models.TextChoices):
        REPLIES = "replies", _("replies")
        TRANSCRIPTION = "transcription", _("writing down speech")
        SPEECH = "speech", _("reading aloud")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = NameField(_("name"), max_length=200, unique=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    description = models.CharField(
        _("description"),
        max_length=MAX_DESCRIPTION_LENGTH,
        blank=True,
        help_text=_("One sentence for people who choose a model: what it is good at."),
    )
    purpose = models.CharField(
        _("used for"),
        max_length=20,
        choices=Purpose.choices,
        default=Purpose.REPLIES,
        db_default=Purpose.REPLIES,
        help_text=_("A model for speech is not in the list from which people choose; the first of them is used."),
    )
    context_window = models.PositiveIntegerField(
        _("context window"),
        null=True,
        blank=True,
        help_text=_("Tokens that a conversation and its next reply may have together, if you know it."),
    )
    position = models.PositiveIntegerField(_("position"), null=True, editable=False)
    """The place in the list of models that an administrator gave it; models without one stand behind, by name."""
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = LanguageModelQuerySet.as_manager()

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")
        ordering = (models.F("position").asc(nulls_last=True), Lower("name"), "name")

    def __str__(self) -> str:
        return self.name

    def capabilities(self) -> list[str]:
        """Return what every enabled deployment of this model does: take text, images, documents, draw, take sounds."""
        deployments = self.offers()
        images = all(deployment.takes_images for deployment in deployments)
        documents = all(deployment.takes_documents for deployment in deployments)
        draws = bool(deployments) and all(deployment.draws for deployment in deployments)
        hears = bool(deployments) and all(deployment.hears for deployment in deployments)
        held = (("images", images), ("documents", documents), ("draws", draws), ("sounds", hears))
        return ["text", *(capability for capability, is_there in held if is_there)]

    def pictures(self) -> dict[str, Parameter]:
        """Return the parameters of pictures that every enabled deployment takes, within the bounds of all."""
        declared = [deployment.pictures() or {} for deployment in self.offers()] or [{}]
        names = (name for name in declared[0] if all(name in one for one in declared))
        shared = {
            name: reduce(lambda one, other: one.narrowed(other), (each[name] for each in declared)) for name in names
        }
        return {name: one for name, one in shared.items() if not isinstance(one, Choice) or one.words}

    def taken_kinds(self) -> frozenset[str]:
        """Return the kinds of parts with files that every enabled deployment of this model takes."""
        taken = [deployment.taken_kinds() for deployment in self.offers()]
        return frozenset(("image", "file", "sound") if taken else ("image", "file")).intersection(*taken)

    def offers(self) -> list["Deployment"]:
        """Return the deployments that are enabled."""
        return [deployment for deployment in self.deployments.all() if deployment.enabled]

    def order_key(self) -> tuple[bool, int, list[tuple[bool, int, str]]]:
        """Return the key that sorts by position, then as people sort names: whatever their case, and 9 before 10."""
        pieces = re.split(r"(\d+)", self.name.casefold())
        return (
            self.position is None,
            self.position or 0,
            [(False, int(piece), "") if piece.isdecimal() else (True, 0, piece) for piece in pieces if piece],
        )


class DeploymentQuerySet(models.QuerySet["Deployment"]):
    def usable(self, keys: models.Q) -> "DeploymentQuerySet":
        """Return enabled deployments of enabled endpoints that need no key or have a matching enabled key."""
        keyed = ApiKey.objects.filter(keys, enabled=True).values("endpoint")
        reachable = Endpoint.objects.filter(enabled=True).filter(models.Q(pk__in=keyed) | models.Q(needs_key=False))
        return self.filter(enabled=True, endpoint__in=reachable)

    def for_replies(self) -> "DeploymentQuerySet":
        """Return the deployments of models that answer questions."""
        return self.filter(model__purpose=LanguageModel.Purpose.REPLIES)

    def serving(self, model: UUID) -> "DeploymentQuerySet":
        """Return the deployments that are enabled with their model and endpoint, oldest first."""
        switched_on = self.filter(model=model, enabled=True, model__enabled=True, endpoint__enabled=True)
        return switched_on.select_related("endpoint").order_by("created_at")


class Deployment(models.Model):
    """A model as one endpoint serves it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    model = models.ForeignKey(LanguageModel, models.CASCADE, related_name="deployments", verbose_name=_("model"))
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deployments", verbose_name=_("endpoint"))
    vendor_id = models.CharField(_("the vendor's id of the model"), max_length=200)
    wire = models.CharField(
        _("protocol"),
        max_length=10,
        null=True,
        blank=True,
        choices=wire_choices,
        help_text=_("Of this model alone, where it speaks another one at the same address."),
    )
    takes_images = models.BooleanField(_("takes pictures"), default=True)
    takes_documents = models.BooleanField(_("takes PDF and text files"), default=True)
    takes_sounds = models.BooleanField(
        _("takes recordings"),
        default=False,
        db_default=False,
        help_text=_("Recordings go along as they are, where its protocol has a place for them."),
    )
    web_search = models.CharField(
        _("web search"),
        max_length=30,
        blank=True,
        default="",
        db_default="",
        choices=web_search_choices,
        help_text=_(
            "How it is told to search the web, if somebody wants that. The usual form follows from address and model."
        ),
    )
    makes_pictures = models.BooleanField(
        _("makes pictures"),
        default=False,
        db_default=False,
        help_text=_("Pictures are asked for, and those behind a link of the vendor are fetched and kept here."),
    )
    picture_choices = models.TextField(
        _("choices for pictures"),
        max_length=500,
        blank=True,
        default="",
        db_default="",
        help_text=_("What it takes, one a line, as “ratio 1:1 16:9”, “size 1K 2K”, “quality low high”, “count 4”."),
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    priority = models.PositiveSmallIntegerField(_("priority"), default=1, help_text=PRIORITY_HELP)
    weight = models.PositiveSmallIntegerField(_("weight"), default=1, validators=[POSITIVE], help_text=WEIGHT_HELP)
    input_price = price_field(_("price of input"))
    output_price = price_field(_("price of output"))
    cached_price = price_field(_("price of cached input"))
    thought_price = price_field(_("price of thoughts"))
    call_price = price_field(_("price of a call"), PRICE_OF_CALL_HELP)
    written_price = price_field(_("price of input written to a cache"))
    per_picture = price_field(_("price of a picture"), PRICE_OF_PICTURE_HELP)
    per_minute = price_field(_("price of a minute"), PRICE_OF_MINUTE_HELP)
    characters_price = price_field(_("price of characters"), PRICE_OF_CHARACTERS_HELP)
    long_above = models.PositiveIntegerField(
        _("a long call has more tokens than"),
        null=True,
        blank=True,
        help_text=_("Tokens of input, such as 200000, above which a vendor asks more for the whole call."),
    )
    long_input_price = price_field(_("price of input of a long call"))
    long_output_price = price_field(_("price of output of a long call"))
    raw_extras = models.JSONField(
        _("raw extras"),
        default=dict,
        blank=True,
        help_text=_("A JSON object that is laid over the body of every request, in the vendor's own words."),
    )
    learnt = models.JSONField(
        _("learnt refusals"),
        default=list,
        blank=True,
        help_text=_("What this model was found to refuse. Remove what no longer holds."),
    )
    """In the spelling of `Stream.quirks`."""
    lessons = models.JSONField(default=dict, blank=True, editable=False)
    """By quirk, {"at", "said"}: when it was learnt, and the vendor's sentence, "" if that quoted a question."""
    created_at = models.DateTimeField(auto_now_add=True)

    model_id: UUID | None
    endpoint_id: UUID | None

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("model at a vendor")
        verbose_name_plural = _("models at vendors")
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["model", "endpoint"], name="one_deployment_an_endpoint")]

    def __str__(self) -> str:
        return f"{self.vendor_id} @ {self.endpoint.name}"

    def taken_kinds(self, has_text: bool = False) -> frozenset[str]:
        """Return the kinds of parts with files that it takes; with text, not what it was found to refuse."""
        is_refused = has_text and NO_FILES in self.learnt
        taken = (
            ("image", self.takes_images),
            ("file", self.takes_documents and not is_refused),
            ("sound", self.hears),
        )
        return frozenset(kind for kind, is_taken in taken if is_taken)

    @classmethod
    def any_is_priced(cls) -> bool:
        """Return whether any deployment has a price, so that costs mean something on this site."""
        none = dict.fromkeys(
            ("input_price", "output_price", "call_price", "per_picture", "per_minute", "characters_price")
        )
        return cls.objects.exclude(**none).exists()

    def speaks(self) -> str:
        """Return the wire of calls to this model: chosen for it, learnt from a refusal, or its endpoint's."""
        here = self.endpoint.wire
        own = self.wire or wire_learnt(self.learnt)
        return own if own in registry.neighbours(here) else here

    def may_search_web(self) -> bool:
        """Return whether there is a form in which it is let search the web."""
        wire = registry.WIRES.get(self.speaks())
        forms = wire.WEB_SEARCHES if wire else ()
        return web_search_form(forms, self.web_search, self.endpoint.base_url, self.vendor_id) is not None

    @property
    def hears(self) -> bool:
        """Return whether it takes recordings: an administrator says so, and neither its wire nor a refusal forbids."""
        return self.takes_sounds and NO_SOUNDS not in self.learnt and registry.takes_sounds(self.speaks())

    @property
    def draws(self) -> bool:
        """Return whether it makes pictures: an administrator says so, or its wire makes nothing else."""
        return self.makes_pictures or registry.makes_only_pictures(self.speaks())

    def pictures(self) -> dict[str, Parameter] | None:
        """Return the parameters of its pictures, without those that it was found to refuse; None if it makes none."""
        if not self.draws:
            return None
        wire = registry.WIRES.get(self.speaks())
        if wire is None:  # of a later version: its endpoint answers nothing
            return {}
        declared = pictures_of(self.picture_choices) or wire.drawn(self.vendor_id) or {}
        refused = {field.parameter for field in wire.FIELDS if f"no:{field.name}" in self.learnt}
        return {name: one for name, one in declared.items() if name in wire.PARAMETERS and name not in refused}

    def drawn_of(self, count: int) -> int:
        """Return how many pictures it is asked for where somebody wants so many."""
        declared = (self.pictures() or {}).get("picture_count")
        return int(declared.fitted(count)) if declared else 1

    @property
    def is_priced_by_token(self) -> bool:
        return self.input_price is not None or self.output_price is not None

    def prices(self) -> Prices | None:
        """Return the prices, or None if the administrator has set none: the cost is then unknown."""
        beside_tokens = {
            "call": self.call_price,
            "picture": self.per_picture,
            "minute": self.per_minute,
            "characters": self.characters_price,
        }
        if not self.is_priced_by_token and all(price is None for price in beside_tokens.values()):
            return None
        zero = Decimal(0)
        others = (self.cached_price, self.thought_price, self.written_price)
        beside = {name: price or zero for name, price in beside_tokens.items()}
        return Prices(self.input_price or zero, self.output_price or zero, *others, **beside, long=self._long_prices())

    def _long_prices(self) -> LongPrices | None:
        if self.long_above is None:
            return None
        return LongPrices(self.long_above, self.long_input_price, self.long_output_price)

    def learn(self, new: Iterable[str], gone: Collection[str], sentences: Mapping[str, str]) -> None:
        """Store new quirks, each with the vendor's sentence and the time, without those that are gone."""
        now = clock.now().isoformat(timespec="seconds")
        told = {quirk: {"at": now, "said": sentences.get(quirk, "")[:MAX_SENTENCE_LENGTH]} for quirk in new}
        self.learnt = sorted({*self.learnt, *new} - set(gone))
        self.lessons = {quirk: said for quirk, said in {**self.lessons, **told}.items() if quirk in self.learnt}
        self.save(update_fields=["learnt", "lessons"])

    def _knows_web_search(self) -> bool:
        wire = registry.WIRES.get(self.speaks())
        return self.web_search in {NO_SEARCH, *(form.name for form in (wire.WEB_SEARCHES if wire else ()))}

    def clean(self) -> None:
        """Refuse values that no request can hold, and a second row of one model at one endpoint.

        Raises ValidationError.
        """
        twins = Deployment.objects.filter(model=self.model_id, endpoint=self.endpoint_id).exclude(pk=self.pk)
        if twins.exists():
            raise ValidationError(_("This endpoint serves this model already."))
        wires = (self.endpoint.wire, *registry.neighbours(self.endpoint.wire)) if self.endpoint_id else ()
        if self.wire and wires and self.wire not in wires:
            raise ValidationError({"wire": _("The address of this endpoint does not speak this protocol.")})
        is_for_speech = bool(self.model_id) and self.model.purpose != LanguageModel.Purpose.REPLIES
        if is_for_speech and self.endpoint_id and not registry.audio(self.speaks()):
            raise ValidationError({"endpoint": _("The protocol of this endpoint carries no speech.")})
        if self.web_search and self.endpoint_id and not self._knows_web_search():
            raise ValidationError({"web_search": _("This protocol does not search the web in this form.")})
        try:
            pictures_of(self.picture_choices)
        except ValueError:
            raise ValidationError(
                {"picture_choices": _("Begin each line with ratio, size, quality or count.")}
            ) from None
        if (self.long_above is None) != (self.long_input_price is None and self.long_output_price is None):
            raise ValidationError({"long_above": _("A long call needs both: from where it is one, and a price.")})
        if not isinstance(self.raw_extras, dict) or not _is_json(self.raw_extras):
            raise ValidationError({"raw_extras": _("A JSON object.")})
        if not isinstance(self.learnt, list) or not all(isinstance(word, str) for word in self.learnt):
            raise ValidationError({"learnt": _("A JSON list of texts.")})
