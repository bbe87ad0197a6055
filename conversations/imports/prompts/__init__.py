"""Kept prompts brought in from a file of this tool, of Open WebUI, or of LibreChat."""
