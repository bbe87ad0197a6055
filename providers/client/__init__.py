"""One call of one endpoint."""
