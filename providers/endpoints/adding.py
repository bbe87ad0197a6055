"""The adding of an endpoint, with its key and its models, in one step."""

from collections.abc import Iterable
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from providers import local_model
from providers.audit import log
from providers.blank_text import is_blank
from providers.endpoints import keys
from providers.endpoints.presets import presets
from providers.families import reads_aloud, writes_down_speech
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel
from providers.pool import cooldown
from providers.wires import registry
from providers.wires.declarations import Preset

MAX_NAME_LENGTH = 200
PERMISSIONS = tuple(f"providers.add_{name}" for name in ("endpoint", "apikey", "languagemodel", "deployment"))
"""Permissions of a person who adds a vendor."""


def add_endpoint(
    preset_id: str, *, name: str = "", base_url: str = "", models: Iterable[str], key: str = "", by: Any = None
) -> Endpoint:
    """Create the endpoint, or change it to these values. Raises ValidationError for the administrator."""
    preset, wanted, key = _preset(preset_id), _model_ids(models), keys.well_formed(key)
    fields = _fields(preset, base_url.strip(), key)
    name = name.strip() or _usual_name(preset, fields["base_url"])
    with log.watch(by, *_rows(name)):
        endpoint = Endpoint.objects.filter(name=name).first() or Endpoint(name=name)
        moves = endpoint.base_url != fields["base_url"]
        _store(endpoint, fields, by)
        if moves:
            change_address(endpoint, by)
        _set_key(endpoint, key, by)
        _set_models(endpoint, wanted)
        for rows in (endpoint.keys, endpoint.deployments, Endpoint.objects.filter(pk=endpoint.pk)):
            cooldown.reset(rows.values_list("pk", flat=True))
    return endpoint


def add_new_endpoint(preset_id: str, *, name: str, base_url: str, models: Iterable[str], key: str, by: Any) -> Endpoint:
    """Create an endpoint as `add_endpoint` does, but never change one. Raises ValidationError.

    Without models, they are picked from the vendor's list later.
    """
    preset, key, given = _preset(preset_id), keys.well_formed(key), [model for model in models if model.strip()]
    wanted = _model_ids(given) if given else []
    fields = _fields(preset, base_url.strip(), key)
    name = name or free_name(preset, fields["base_url"])
    if Endpoint.objects.filter(name=name).exists():
        raise ValidationError({"name": _("There is an endpoint of this name.")})
    with log.watch(by, *_rows(name)):
        endpoint = Endpoint(name=name)
        _store(endpoint, fields, by)
        if key:
            keys.add_key(endpoint, key, by=by)
        for vendor_id in wanted:
            serve(endpoint, vendor_id, by)
    return endpoint


def free_name(preset: Preset, base_url: str = "") -> str:
    """Return the preset's name or the host's, with a number if an endpoint has that name."""
    usual = _usual_name(preset, base_url)[:100]
    taken = set(Endpoint.objects.filter(name__startswith=usual).values_list("name", flat=True))
    names = (f"{usual} {number}" if number > 1 else usual for number in count(1))
    return next(name for name in names if name not in taken)


def _usual_name(preset: Preset, base_url: str) -> str:
    """Return the preset's label, or the host if the preset is for any address."""
    host = "" if preset.base_url else urlsplit(base_url).netloc
    return (host or gettext(preset.label))[:MAX_NAME_LENGTH]


def change_address(endpoint: Endpoint, by: Any) -> None:
    """Delete the keys of an endpoint whose address has changed: the new address must not receive them."""
    keys.remove_keys(endpoint.keys.all(), by)


def serve(endpoint: Endpoint, vendor_id: str, by: Any) -> None:
    """Offer a model of the vendor here. Raises ValidationError if another model has its name."""
    purpose = _purpose(registry.audio(endpoint.wire), vendor_id)
    model, _made = LanguageModel.objects.get_or_create(name=vendor_id, defaults={"purpose": purpose})
    if Deployment.objects.filter(endpoint=endpoint, model=model).exists():
        raise ValidationError(
            _("“%(name)s” is what another model of this endpoint is called here."), params={"name": vendor_id}
        )
    wire, draws = registry.drawing(endpoint.wire, vendor_id)
    Deployment.objects.create(
        endpoint=endpoint, model=model, vendor_id=vendor_id, wire=wire or None, makes_pictures=draws
    )
    _switch_on(model, by)


def _purpose(audio: str, vendor_id: str) -> str:
    """Return what a model of this name is for, at an endpoint with this wire for speech."""
    if audio and writes_down_speech(vendor_id):
        return LanguageModel.Purpose.TRANSCRIPTION
    return (
        LanguageModel.Purpose.SPEECH
        if audio in registry.SPEAKING and reads_aloud(vendor_id)
        else LanguageModel.Purpose.REPLIES
    )


def adopt_local_model(by: Any = None) -> Endpoint:
    """Offer the small local model; an existing endpoint of it stays as it is."""
    with log.watch(by, *_rows(local_model.DISPLAY_NAME)):
        endpoint = Endpoint.objects.filter(is_local=True).first() or _local_endpoint()
        deployment = endpoint.deployments.filter(vendor_id=local_model.MODEL_ID).first()
        if deployment is None:
            model, _made = LanguageModel.objects.get_or_create(name=local_model.DISPLAY_NAME)
            deployment = Deployment.objects.create(
                endpoint=endpoint,
                model=model,
                vendor_id=local_model.MODEL_ID,
                takes_images=False,
                takes_documents=False,
            )
        for row in (endpoint, deployment, deployment.model):
            _switch_on(row, by)
    return endpoint


def _local_endpoint() -> Endpoint:
    return Endpoint.objects.create(
        is_local=True,
        name=local_model.DISPLAY_NAME,
        wire=local_model.WIRE,
        base_url=f"http://{local_model.address()}/v1",
        needs_key=False,
        ask_usage=True,
    )


def _switch_on(row: Endpoint | LanguageModel | Deployment, by: Any) -> None:
    """Enable a row if this person may. Commands, without a person, may.

    So a disabled row stays disabled for people without the permission to change it.
    """
    if not row.enabled and (by is None or by.has_perm(f"providers.change_{row._meta.model_name}")):
        row.enabled = True
        row.save(update_fields=["enabled"])


def _rows(name: str) -> list[QuerySet[Any]]:
    """Return the rows that adding an endpoint of this name may change."""
    theirs = (ApiKey.objects.filter(endpoint__name=name), Deployment.objects.filter(endpoint__name=name))
    return [Endpoint.objects.filter(name=name), *theirs, LanguageModel.objects.all()]


def _preset(preset_id: str) -> Preset:
    known = presets()
    preset = known.get(preset_id)
    if preset is None:
        raise ValidationError(
            _("There is no preset “%(given)s”. Known are: %(known)s."),
            params={"given": preset_id, "known": ", ".join(known)},
        )
    return preset


def _fields(preset: Preset, base_url: str, key: str) -> dict[str, Any]:
    if preset.needs_key and not key and preset.base_url:
        raise ValidationError({"key": _("This vendor needs a key.")})
    fields = preset.endpoint_fields(base_url)
    if not fields["base_url"]:
        raise ValidationError({"base_url": _("This preset needs the address of the vendor.")})
    return {**fields, "needs_key": bool(key) or (preset.needs_key and bool(preset.base_url))}


def _store(endpoint: Endpoint, fields: dict[str, Any], by: Any) -> None:
    for field, value in {**fields, "enabled": True}.items():
        setattr(endpoint, field, value)
    endpoint.full_clean(validate_unique=False)
    with log.watch(by, Endpoint.objects.filter(pk=endpoint.pk)):  # its entry comes before those of its keys
        endpoint.save()


def _set_key(endpoint: Endpoint, key: str, by: Any) -> None:
    """Make `key` the only key for everybody, or remove all of them when it is "".

    An equal key stays as it is, and its running replies go on.
    """
    others = endpoint.keys.for_everybody()
    kept = others.same_as(key).first() if key else None
    keys.remove_keys(others.exclude(pk=kept.pk) if kept else others, by)
    if key and kept is None:
        keys.add_key(endpoint, key, by=by)


def typed_ids(text: str) -> list[str]:
    """Return the ids of models that a person typed, one a line or with commas between them."""
    lines = text.replace("，", "\n").replace(",", "\n").splitlines()
    return [line.strip() for line in lines if line.strip()]


def _set_models(endpoint: Endpoint, wanted: list[str]) -> None:
    """Add these models and no others. The vendor's id identifies a served model, whatever its name."""
    endpoint.deployments.exclude(vendor_id__in=wanted).delete()
    for deployment in endpoint.deployments.all():
        wire, draws = registry.drawing(endpoint.wire, deployment.vendor_id)
        endpoint.deployments.filter(pk=deployment.pk).update(
            learnt=[], wire=wire or None, makes_pictures=draws or deployment.makes_pictures, enabled=True
        )
    served = set(endpoint.deployments.values_list("vendor_id", flat=True))
    for vendor_id in wanted:
        if vendor_id not in served:
            serve(endpoint, vendor_id, None)
    LanguageModel.objects.filter(deployments=None).update(enabled=False)
    LanguageModel.objects.filter(deployments__endpoint=endpoint).update(enabled=True)


def _model_ids(models: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(model.strip() for model in models if model.strip()))
    if not wanted:
        raise ValidationError({"models": _("Name at least one model.")})
    if any(len(model) > MAX_NAME_LENGTH or not model.isprintable() or is_blank(model) for model in wanted):
        raise ValidationError({"models": _("A model's name is one line of at most 200 characters.")})
    return wanted
