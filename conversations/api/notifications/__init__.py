"""The notifications of the HTTP API."""
