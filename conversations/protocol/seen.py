"""The values that a form has shown, so that no writer overwrites unknowingly what another has changed meanwhile."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from conversations.errors import Refused

MAX_LENGTH = 2_000
"""Characters of the digests of one form."""


def digests(values: Mapping[str, Any]) -> dict[str, str]:
    """Return a digest of each of these values."""
    return {name: _digest(value) for name, value in values.items()}


def written(told: str) -> dict[str, str]:
    """Return the digests that a form sends back; none for anything else."""
    try:
        found = json.loads(told[:MAX_LENGTH])
    except (ValueError, RecursionError):
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def see(form: Any, name: str, value: Any) -> None:
    """Note in the data of a form with a field `seen` that its writer has been told of this value."""
    sent = form.data.copy()
    sent["seen"] = json.dumps(written(sent.get("seen", "")) | digests({name: value}))
    form.data = sent


def changed(seen: Mapping[str, str], now: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of `given` its writer has changed since they saw it, and what they never saw.

    Raises Refused with the name of a field that somebody else has changed to another value since.
    """
    told = {name: value for name, value in given.items() if seen.get(name) != _digest(value)}
    for name in told:
        if name in seen and name in now and _digest(now[name]) not in (seen[name], _digest(told[name])):
            raise Refused("conflict", f"Somebody has changed “{name}” meanwhile.", name)
    return told


def _digest(value: Any) -> str:
    text = json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, default=str)
    return sha256(text.encode(errors="replace")).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """Return a value as a form sends it back. A line ends with LF, a whole number has no fraction, a row is its key."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return getattr(value, "pk", value)
