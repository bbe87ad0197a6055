"""Assistants brought in from a file of this tool or of Open WebUI."""
