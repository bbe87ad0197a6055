"""Daphne with limits: what a connection, a request and a websocket may take."""
