"""Posts to addresses that people have named: robots, webhooks, browsers. Nothing is redirected, little is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from providers import errors
from providers.transport.call import Call, HungUp
from providers.transport.network import Network
from providers.types import Clocks, HttpRequest, Key

CLOCKS = Clocks(first_token=10, silence=10, total=15)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a post. Without one, `problem` says why; after `has_left` it may have arrived all the same."""

    status: int = 0
    body: bytes = b""
    problem: str = ""
    has_left: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


def post(address: Key, signing: Key | None, make: Callable[[str, str], HttpRequest], network: Network) -> Answer:
    """Post the request that `make` makes of the address and the secret; return the answer, whatever it is."""
    call = Call(CLOCKS, network)
    call.wants_fresh = True  # one that was closed meanwhile would have it sent twice
    try:
        call.open(make(address.reveal(), signing.reveal() if signing else ""), None)
        return Answer(call.status, call.error_body(), headers=call.headers)
    except (errors.VendorError, HungUp) as error:
        problem = getattr(error, "code", "cut_off")
        problem = "address_refused" if isinstance(error, errors.AddressRefused) else problem
        return Answer(call.status, problem=problem, has_left=call.has_left)
    finally:
        call.close()
