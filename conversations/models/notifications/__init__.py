"""Notifications of people, the targets outside to which they go, and what became of that."""
