"""Sealing of secrets, the field that holds them, and rotation of the encryption keys."""
