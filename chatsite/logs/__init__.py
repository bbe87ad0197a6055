"""Log filters: they remove secrets and query strings, and count repeated lines."""
