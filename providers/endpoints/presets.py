"""Vendors and gateways that an administrator picks by name instead of by settings."""

from urllib.parse import urlsplit

from providers.wires import registry
from providers.wires.declarations import Preset


def presets() -> dict[str, Preset]:
    """Return the presets of all wires by id, one vendor's side by side and those for any address last."""
    every = [preset for wire in registry.WIRES.values() for preset in wire.PRESETS]
    hosts = list(dict.fromkeys(map(_host, every)))
    return {preset.id: preset for preset in sorted(every, key=lambda one: (not one.base_url, hosts.index(_host(one))))}


def _host(preset: Preset) -> str:
    return urlsplit(preset.base_url).netloc
