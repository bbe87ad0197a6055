"""The verified answers of the HTTP API."""
