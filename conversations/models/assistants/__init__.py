"""Assistants: named settings with which people ask, the versions of their instructions, and their files."""
