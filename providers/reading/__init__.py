"""Bytes of a stream to deltas: pure."""
