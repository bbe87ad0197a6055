"""Vendors: their wires, endpoints and keys, and the one door to the network."""
