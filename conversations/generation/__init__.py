"""A reply from waiting to its end."""
