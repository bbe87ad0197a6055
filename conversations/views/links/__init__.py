"""Pages behind a link with a secret in it."""
