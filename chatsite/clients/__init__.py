"""Clients of the server: their address behind a proxy, their person, and the number of their connections."""
