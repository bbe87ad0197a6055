"""The projects of the HTTP API: their fields and calls."""
