"""Log filters: no secrets, no query strings, no line a hundred times."""
