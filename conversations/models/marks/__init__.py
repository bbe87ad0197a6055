"""Marks that people set on messages."""
