"""What the site may talk to: endpoints and their keys, and the models that people choose from."""

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from providers import local_model
from providers.encryption import sealing
from providers.encryption.fields import EncryptedField
from providers.error_texts import told
from providers.errors import VendorError
from providers.models.audit import AuditEntry
from providers.models.health import HealthEvent, Lease, Trouble
from providers.prices import Prices
from providers.transport import egress
from providers.types import Address, Clocks

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Deployment",
    "Endpoint",
    "HealthEvent",
    "KeyPlacement",
    "LanguageModel",
    "Lease",
    "Trouble",
    "Wire",
    "new_id",
]


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


class Wire(models.TextChoices):
    GEMINI = "gemini", "Gemini"
    OPENAI = "openai", _("OpenAI-compatible")


class KeyPlacement(models.TextChoices):
    HEADER_GOOG = "header-goog", _("x-goog-api-key header")
    BEARER = "bearer", _("Authorization: Bearer")
    AUTHORIZATION = "authorization", _("Authorization, without Bearer")
    QUERY = "query", _("?key= in the address")


class Endpoint(models.Model):
    """One address of one vendor, and how it wants to be spoken to."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=120, unique=True)
    wire = models.CharField(_("wire"), max_length=10, choices=Wire.choices)
    base_url = models.CharField(
        _("base URL"),
        max_length=500,
        help_text=_("It ends where /chat/completions or /v1beta begins. Changing it removes the endpoint's keys."),
    )
    api_version = models.CharField(
        _("API version"),
        max_length=10,
        default="v1beta",
        choices=[("v1beta", "v1beta"), ("v1", "v1")],
        help_text=_("For the Gemini wire."),
    )
    key_placement = models.CharField(
        _("where the key goes"), max_length=20, choices=KeyPlacement.choices, default=KeyPlacement.BEARER
    )
    ask_sse = models.BooleanField(_("ask for alt=sse"), default=True)
    streaming = models.BooleanField(pgettext_lazy("endpoint", "streaming"), default=True)
    snake_case = models.BooleanField(
        _("snake_case"), default=False, help_text=_("Spell system_instruction so, as some gateways show it.")
    )
    ask_usage = models.BooleanField(
        _("ask for usage"), default=False, help_text=_("Send stream_options on the OpenAI-compatible wire.")
    )
    needs_key = models.BooleanField(_("needs a key"), default=True)
    headers = models.JSONField(_("extra headers"), default=dict, blank=True)
    first_token_seconds = models.PositiveIntegerField(_("seconds to the first token"), default=60)
    silence_seconds = models.PositiveIntegerField(_("seconds of silence"), default=60)
    total_seconds = models.PositiveIntegerField(_("seconds in all"), default=1800)
    through_proxy = models.BooleanField(
        _("through the proxy"),
        default=True,
        help_text=_("Where the site has one (CHATSITE_PROXY). Plain http never goes through it."),
    )
    personal_keys = models.BooleanField(
        _("personal keys"), default=False, help_text=_("People may add a key of their own, for their own questions.")
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    is_local = models.BooleanField(default=False, editable=False)
    """The small model that this site runs itself; it has no fixed address."""
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("endpoint")
        verbose_name_plural = _("endpoints")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse now what the transport would refuse later."""
        try:
            egress.check_url(self.base_url, settings.CHATSITE_PRIVATE_HOSTS | {local_model.address()})
        except VendorError as error:
            raise ValidationError({"base_url": told(error)}) from None
        if not isinstance(self.headers, dict) or not all(isinstance(value, str) for value in self.headers.values()):
            raise ValidationError({"headers": _("A JSON object of header names and texts.")})
        try:
            egress.check_headers(self.headers.items())
        except VendorError as error:
            raise ValidationError({"headers": told(error)}) from None

    def address(self) -> Address:
        return Address(
            wire=self.wire,  # type: ignore[arg-type]
            base_url=self.base_url,
            api_version=self.api_version,  # type: ignore[arg-type]
            key_placement=self.key_placement,  # type: ignore[arg-type]
            ask_sse=self.ask_sse,
            streaming=self.streaming,
            snake_case=self.snake_case,
            ask_usage=self.ask_usage,
            headers=tuple(self.headers.items()),
            clocks=Clocks(self.first_token_seconds, self.silence_seconds, self.total_seconds),
        )


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def serving(self, model: UUID) -> "ApiKeyQuerySet":
        """Switched on, at an endpoint that serves this model."""
        return self.filter(
            enabled=True,
            endpoint__enabled=True,
            endpoint__deployments__enabled=True,
            endpoint__deployments__model=model,
        ).distinct()

    def of_site(self) -> "ApiKeyQuerySet":
        """All but personal keys, which serve their owners alone: nobody tests, replaces or reads lists with them."""
        return self.filter(owner=None)

    def for_everybody(self) -> "ApiKeyQuerySet":
        """The site's, less those that `conversations` keeps for teams."""
        return self.of_site().filter(teams=None)

    def same_as(self, plain: str) -> "ApiKeyQuerySet":
        """Rows that hold this very key."""
        return self.filter(fingerprint__in=sealing.fingerprints(plain))


class ApiKey(models.Model):
    """A key for one endpoint. It is written and used, never read back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="keys", verbose_name=_("endpoint"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    fingerprint = models.CharField(max_length=32, blank=True, editable=False, db_index=True)
    """Equal for the same key in another row, under one encryption key; tells nothing of the key."""
    secret = EncryptedField(_("key"), fingerprint="fingerprint")
    enabled = models.BooleanField(_("enabled"), default=True)
    priority = models.PositiveSmallIntegerField(_("priority"), default=1, help_text=PRIORITY_HELP)
    weight = models.PositiveSmallIntegerField(_("weight"), default=1, validators=[POSITIVE], help_text=WEIGHT_HELP)
    max_concurrent = models.PositiveIntegerField(
        _("replies at once"), null=True, blank=True, validators=[POSITIVE], help_text=_("Empty: as many as there are.")
    )
    max_per_minute = models.PositiveIntegerField(
        _("requests a minute"), null=True, blank=True, validators=[POSITIVE], help_text=_("Empty: no limit.")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="keys", verbose_name=_("owner")
    )
    """Whose personal key it is: it answers nobody else. Empty: the site's."""
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("key")
        verbose_name_plural = _("keys")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.endpoint.name} {self.secret}"

    @property
    def is_capped(self) -> bool:
        return bool(self.max_concurrent or self.max_per_minute)


class LanguageModelQuerySet(models.QuerySet["LanguageModel"]):
    def usable(self, keys: models.Q) -> "LanguageModelQuerySet":
        """Models that at least one working deployment serves, with keys of this kind."""
        return self.filter(enabled=True, pk__in=Deployment.objects.usable(keys).values("model"))


class LanguageModel(models.Model):
    """A choice that a person sees."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=200, unique=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = LanguageModelQuerySet.as_manager()

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def capabilities(self) -> list[str]:
        """What every deployment of this model takes: text, and perhaps images and documents."""
        deployments = [deployment for deployment in self.deployments.all() if deployment.enabled]
        images = all(deployment.takes_images for deployment in deployments)
        documents = all(deployment.takes_documents for deployment in deployments)
        return ["text", *(["images"] if images else []), *(["documents"] if documents else [])]


class DeploymentQuerySet(models.QuerySet["Deployment"]):
    def usable(self, keys: models.Q) -> "DeploymentQuerySet":
        """Enabled, at an enabled endpoint that has an enabled key of this kind or wants none."""
        keyed = ApiKey.objects.filter(keys, enabled=True).values("endpoint")
        reachable = Endpoint.objects.filter(enabled=True).filter(models.Q(pk__in=keyed) | models.Q(needs_key=False))
        return self.filter(enabled=True, endpoint__in=reachable)

    def serving(self, model: UUID) -> "DeploymentQuerySet":
        """Switched on, with its model and its endpoint, oldest first."""
        switched_on = self.filter(model=model, enabled=True, model__enabled=True, endpoint__enabled=True)
        return switched_on.select_related("endpoint").order_by("created_at")


class Deployment(models.Model):
    """A model as one endpoint serves it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    model = models.ForeignKey(LanguageModel, models.CASCADE, related_name="deployments", verbose_name=_("model"))
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deployments", verbose_name=_("endpoint"))
    vendor_id = models.CharField(_("the vendor's id of the model"), max_length=200)
    takes_images = models.BooleanField(_("takes pictures"), default=True)
    takes_documents = models.BooleanField(_("takes PDF and text files"), default=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    priority = models.PositiveSmallIntegerField(_("priority"), default=1, help_text=PRIORITY_HELP)
    weight = models.PositiveSmallIntegerField(_("weight"), default=1, validators=[POSITIVE], help_text=WEIGHT_HELP)
    input_price = price_field(_("price of input"))
    output_price = price_field(_("price of output"))
    cached_price = price_field(_("price of cached input"))
    thought_price = price_field(_("price of thoughts"))
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
    """As `Stream.learnt` spells it."""
    created_at = models.DateTimeField(auto_now_add=True)

    model_id: UUID | None
    endpoint_id: UUID | None

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("deployment")
        verbose_name_plural = _("deployments")
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["model", "endpoint"], name="one_deployment_an_endpoint")]

    def __str__(self) -> str:
        return f"{self.vendor_id} @ {self.endpoint.name}"

    @classmethod
    def any_is_priced(cls) -> bool:
        """Whether money says anything on this site."""
        return cls.objects.exclude(input_price=None, output_price=None).exists()

    def prices(self) -> Prices | None:
        """None where the administrator has said none: what it costs is unknown then."""
        if self.input_price is None and self.output_price is None:
            return None
        zero = Decimal(0)
        return Prices(self.input_price or zero, self.output_price or zero, self.cached_price, self.thought_price)

    def clean(self) -> None:
        """Refuse what cannot be part of a request, and a second row of one model at one endpoint."""
        twins = Deployment.objects.filter(model=self.model_id, endpoint=self.endpoint_id).exclude(pk=self.pk)
        if twins.exists():
            raise ValidationError(_("This endpoint serves this model already."))
        if not isinstance(self.raw_extras, dict) or not _is_json(self.raw_extras):
            raise ValidationError({"raw_extras": _("A JSON object.")})
        if not isinstance(self.learnt, list) or not all(isinstance(word, str) for word in self.learnt):
            raise ValidationError({"learnt": _("A JSON list of texts.")})


def _is_json(value: Any) -> bool:
    """Python also reads NaN, lone halves of characters and NUL, which vendors or databases do not take."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        return False
    return "\\u0000" not in text
