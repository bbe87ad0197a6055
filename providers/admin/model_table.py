"""The rows of the table of models: what is published, and the prices of models that one vendor serves."""

from decimal import Decimal
from typing import Any

from django import forms

from providers.models import Deployment, LanguageModel
from providers.prices import plain

PRICES = ("input_price", "output_price")


class ModelRowForm(forms.ModelForm):  # type: ignore[type-arg]
    """A model in its table. Of a model that several vendors serve, each has its own prices on its own page."""

    input_price, output_price = (
        Deployment._meta.get_field(name).formfield(  # type: ignore[union-attr]
            widget=forms.NumberInput(attrs={"class": "price", "step": "any", "min": 0})
        )
        for name in PRICES
    )

    class Meta:
        model = LanguageModel
        fields = ["description", "enabled"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deployment = only_deployment(self.instance)
        for name in PRICES:
            if self.deployment is None:
                del self.fields[name]
            else:
                price = getattr(self.deployment, name)
                self.initial[name] = None if price is None else Decimal(plain(price))
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}: {self.instance}"

    def save_prices(self) -> None:
        """Store the prices that were changed."""
        if self.deployment is not None and (changed := [name for name in PRICES if name in self.changed_data]):
            for name in changed:
                setattr(self.deployment, name, self.cleaned_data[name])
            self.deployment.save(update_fields=changed)


def only_deployment(model: LanguageModel) -> Deployment | None:
    deployments = list(model.deployments.all()) if model.pk else []
    return deployments[0] if len(deployments) == 1 else None


def shown_price(model: LanguageModel, name: str) -> str:
    """Return the prices of all vendors that serve the model."""
    prices = {getattr(deployment, name) for deployment in model.deployments.all()}
    return " / ".join("–" if price is None else plain(price) for price in sorted(prices, key=_order)) or "–"


def _order(price: Decimal | None) -> Decimal:
    return price or Decimal(0)
