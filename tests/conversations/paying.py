"""A model with a price, and its replies."""

from collections.abc import Callable
from typing import Any

import pytest

from providers.models import Deployment, LanguageModel
from tests.sockets import Socket

Connect = Callable[..., Socket]


@pytest.fixture
def priced(model: LanguageModel) -> LanguageModel:
    """Set the prices of a million tokens: 1 in, 2 out."""
    Deployment.objects.update(input_price=1, output_price=2)
    return model


def finished(socket: Socket) -> dict[str, Any]:
    return socket.event("message.finished")["message"]  # type: ignore[no-any-return]
