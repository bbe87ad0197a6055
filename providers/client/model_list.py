"""The list of models that a vendor offers, read from the vendor."""

from __future__ import annotations

from time import monotonic

from providers.errors import BadReply, BadRequest, ModelNotFound, PageInstead, VendorError
from providers.text import without_key
from providers.transport.body.waits import waited_for
from providers.transport.call import Call, key_mask
from providers.transport.network import Network
from providers.types import Address, CatalogueEntry, Clocks, HttpRequest, Key
from providers.wires import registry
from providers.wires.json_values import from_json

MAX_MODELS = 10_000
MAX_PAGES = 20
MAX_PAGE_BYTES = 16 * 1024 * 1024
CLOCKS = Clocks(first_token=20, silence=20, total=60)


_NO_LIST = (ModelNotFound, BadReply, BadRequest, PageInstead)


def list_models(
    address: Address,
    key: Key | None = None,
    network: Network = Network(),  # noqa: B008  # frozen
) -> list[CatalogueEntry]:
    """Return the models of this endpoint, each once, in the vendor's order, at most 10,000. Raises VendorError.

    Some gateways have a list only on another wire, which names the same models.
    """
    elsewhere = registry.wire(address.wire).other_list(address)
    missing: VendorError | None = None
    try:
        found = _listed(address, key, network)
        if found or elsewhere is None:
            return found
    except _NO_LIST as error:
        if elsewhere is None:
            raise
        missing = error
    try:
        return _listed(elsewhere, key, network)
    except VendorError:
        if missing:
            raise missing from None
        return []


def _listed(address: Address, key: Key | None, network: Network) -> list[CatalogueEntry]:
    wire, found, marks = registry.wire(address.wire), dict[str, CatalogueEntry](), {""}
    page, until = "", monotonic() + CLOCKS.total
    for _ in range(MAX_PAGES):
        answer = _answer(address, wire.catalogue_request(address, page), key, network)
        entries, page = wire.parse_catalogue(answer)
        for entry in entries:
            found.setdefault(entry.id, entry)
        if page in marks or len(found) >= MAX_MODELS or monotonic() > until:
            break
        marks.add(page)
    return list(found.values())[:MAX_MODELS]


def _answer(address: Address, request: HttpRequest, key: Key | None, network: Network) -> object:
    call, mask = Call(CLOCKS, network), key_mask(key)
    try:
        call.open(request, key)
        return _checked(address, call)
    except VendorError as error:
        error.quote = without_key(error.quote, mask)
        raise error from None
    finally:
        call.close()


def _checked(address: Address, call: Call) -> object:
    if 300 <= call.status < 400:
        raise BadReply(because="The vendor redirects calls to another address, which this site does not follow.")
    if call.status >= 400:
        error = registry.wire(address.wire).error(call.status, call.headers, call.error_body())
        if isinstance(error, ModelNotFound):
            error = ModelNotFound(error.quote, because="The vendor has no list of models at this address.")
        raise error
    return _json(_body(call))


def _body(call: Call) -> bytes:
    body = bytearray()
    for chunk in waited_for(call.chunks()):
        body += chunk
        if len(body) > MAX_PAGE_BYTES:
            raise BadReply(because="The vendor's list of models is longer than this site reads.")
    return bytes(body)


def _json(body: bytes) -> object:
    try:
        return from_json(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise BadReply(because="The vendor sent something that is not a list of models.") from None
