"""The verified answers and the remarks of the HTTP API."""
