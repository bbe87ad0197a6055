"""One JSON document read from a vendor: a list of models or of prices, or the balance of a key."""

from __future__ import annotations

from providers.errors import BadReply, ModelNotFound, VendorError
from providers.text import without_key
from providers.transport.body.waits import waited_for
from providers.transport.call import Call, key_mask
from providers.transport.network import Network
from providers.types import Clocks, HttpRequest, Key
from providers.wires import registry
from providers.wires.declarations import translate_noop

MAX_BYTES = 16 * 1024 * 1024
CLOCKS = Clocks(first_token=20, silence=20, total=60)
_TOO_LONG = translate_noop("The vendor's answer is longer than this site reads.")


class NotOffered(Exception):
    """The refusal of a document that this address does not have for everybody."""


def read_document(
    wire: str,
    request: HttpRequest,
    key: Key | None,
    network: Network,
    *,
    missing: str = "",
    too_long: str = _TOO_LONG,
    max_bytes: int = MAX_BYTES,
    clocks: Clocks = CLOCKS,
    not_offered: frozenset[int] = frozenset(),
) -> str:
    """Return the text of the answer to one call, without a retry. Raises VendorError.

    `missing` is the sentence about an address without such a document, `too_long` the one about more bytes than the
    limit. The statuses `not_offered` raise NotOffered instead.
    """
    call, mask = Call(clocks, network), key_mask(key)
    try:
        call.open(request, key)
        if call.status in not_offered:
            raise NotOffered
        _check(wire, call, missing)
        return _body(call, too_long, max_bytes).decode("utf-8", "replace")
    except VendorError as error:
        error.quote = without_key(error.quote, mask)
        raise error from None
    finally:
        call.close()


def _check(wire: str, call: Call, missing: str) -> None:
    if 300 <= call.status < 400:
        raise BadReply(because="The vendor redirects calls to another address, which this site does not follow.")
    if call.status >= 400:
        error = registry.wire(wire).error(call.status, call.headers, call.error_body())
        raise ModelNotFound(error.quote, because=missing) if isinstance(error, ModelNotFound) else error


def _body(call: Call, too_long: str, max_bytes: int) -> bytes:
    body = bytearray()
    for chunk in waited_for(call.chunks()):
        body += chunk
        if len(body) > max_bytes:
            raise BadReply(because=too_long)
    return bytes(body)
