"""The reading of vendors' errors: bytes and a status in, one of this site's errors out.

Gateways answer with errors in another vendor's shape on every route, and nest them as JSON in a message. They also put
them into replies with status 200. So all wires share this reading of all shapes, and a code outweighs the status. A
wire itself reads what only its vendor sends.
"""

from providers.wires.vendor_errors.verdict import from_response, in_event

__all__ = ["from_response", "in_event"]
