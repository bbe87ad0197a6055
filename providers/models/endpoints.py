"""Endpoints: the addresses of vendors that the site may call, and their settings."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from providers import local_model
from providers.error_texts import localized
from providers.errors import VendorError
from providers.models.fields import NameField, new_id
from providers.transport import egress
from providers.types import Address, Clocks
from providers.wires import registry
from providers.wires.declarations import BEARER


def wire_choices() -> list[tuple[str, Any]]:
    """Return the registered wires. Migrations name this function, so new wires need no migration."""
    return [(name, _(wire.LABEL)) for name, wire in registry.WIRES.items()]


def key_placement_choices() -> list[tuple[str, Any]]:
    """Return the places of a key on all wires. Migrations name this function too."""
    return [(name, _(placement.label)) for name, placement in registry.key_placements().items()]


class Endpoint(models.Model):
    """The address of one vendor, and the form of calls to it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = NameField(_("name"), max_length=120, unique=True)
    wire = models.CharField(_("protocol"), max_length=10, choices=wire_choices)
    base_url = models.CharField(
        _("base URL"),
        max_length=500,
        help_text=_(
            "It ends where /chat/completions, /responses, /v1beta or /v1/messages begins. "
            "Changing it removes the endpoint's keys."
        ),
    )
    api_version = models.CharField(
        _("API version"),
        max_length=10,
        default="v1beta",
        choices=[("v1beta", "v1beta"), ("v1", "v1")],
        help_text=_("For the Gemini protocol."),
    )
    key_placement = models.CharField(
        _("where the key goes"), max_length=20, choices=key_placement_choices, default=BEARER.name
    )
    ask_sse = models.BooleanField(_("ask for alt=sse"), default=True)
    streaming = models.BooleanField(pgettext_lazy("endpoint", "streaming"), default=True)
    snake_case = models.BooleanField(
        _("snake_case"), default=False, help_text=_("Spell system_instruction so, as some gateways show it.")
    )
    ask_usage = models.BooleanField(
        _("ask for usage"), default=False, help_text=_("Send stream_options with the OpenAI-compatible protocol.")
    )
    needs_key = models.BooleanField(_("needs a key"), default=True)
    headers = models.JSONField(_("extra headers"), default=dict, blank=True)
    first_token_seconds = models.PositiveIntegerField(_("seconds to the first token"), default=60)
    silence_seconds = models.PositiveIntegerField(_("seconds between two words"), default=60)
    total_seconds = models.PositiveIntegerField(_("seconds in all"), default=1800)
    through_proxy = models.BooleanField(
        _("through the proxy"),
        default=True,
        help_text=_("Where the site has one (CHATSITE_PROXY). Plain http never goes through it."),
    )
    personal_keys = models.BooleanField(
        _("personal keys"), default=False, help_text=_("People may add a key of their own, for their own questions.")
    )
    exchange_rate = models.DecimalField(
        _("exchange rate"),
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.000001"))],
        help_text=_(
            "One unit of the vendor's money in the site's currency. Prices and balances are converted with it."
        ),
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    is_local = models.BooleanField(default=False, editable=False)
    """True for the small model that this site runs itself; it has no fixed address."""
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("endpoint")
        verbose_name_plural = _("endpoints")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse an address or headers that the transport would refuse later. Raises ValidationError."""
        try:
            egress.check_url(self.base_url, settings.CHATSITE_PRIVATE_HOSTS | {local_model.address()})
        except VendorError as error:
            raise ValidationError({"base_url": localized(error)}) from None
        if not isinstance(self.headers, dict) or not all(isinstance(value, str) for value in self.headers.values()):
            raise ValidationError({"headers": _("A JSON object of header names and texts.")})
        try:
            egress.check_headers(self.headers.items())
        except VendorError as error:
            raise ValidationError({"headers": localized(error)}) from None

    def fault_of_version(self) -> VendorError | None:
        """Return the error of every call, or None.

        There is one if only a later version knows the wire or the place of the key.
        """
        try:
            registry.wire(self.wire)
            registry.key_placement(self.key_placement)
        except VendorError as error:
            return error
        return None

    def address(self) -> Address:
        return Address(
            wire=self.wire,
            base_url=self.base_url,
            api_version=self.api_version,  # type: ignore[arg-type]
            key_placement=self.key_placement,
            ask_sse=self.ask_sse,
            streaming=self.streaming,
            snake_case=self.snake_case,
            ask_usage=self.ask_usage,
            headers=tuple(self.headers.items()),
            clocks=Clocks(self.first_token_seconds, self.silence_seconds, self.total_seconds),
        )
