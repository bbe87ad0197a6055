"""The reading of a vendor's stream: bytes in, deltas out, without network or database."""
