"""Readers of a conversation: moves to another team or project, guests, and the place that all readers share."""
