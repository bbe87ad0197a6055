"""Notifications: read them, and say where else one wants to be told."""
