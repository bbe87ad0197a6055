"""Vendors' JSON, and nothing else: pure functions, no Django, no network."""
