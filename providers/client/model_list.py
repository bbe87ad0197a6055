"""The list of models that a vendor offers, read from the vendor."""

from __future__ import annotations

from time import monotonic

from providers.client.json_answer import CLOCKS, read_document
from providers.errors import BadReply, BadRequest, ModelNotFound, PageInstead, VendorError
from providers.transport.network import Network
from providers.types import Address, CatalogueEntry, HttpRequest, Key
from providers.wires import registry
from providers.wires.declarations import translate_noop
from providers.wires.json_values import from_json

MAX_MODELS = 10_000
MAX_PAGES = 20
MAX_PAGE_BYTES = 16 * 1024 * 1024
_MISSING = translate_noop("The vendor has no list of models at this address.")
_TOO_LONG = translate_noop("The vendor's list of models is longer than this site reads.")


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
    text = read_document(
        address.wire,
        request,
        key,
        network,
        missing=_MISSING,
        too_long=_TOO_LONG,
        max_bytes=MAX_PAGE_BYTES,
    )
    try:
        return from_json(text)
    except (ValueError, RecursionError):
        raise BadReply(because="The vendor sent something that is not a list of models.") from None
