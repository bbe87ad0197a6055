"""Threads that run work in turn, for the event loop and for pages."""
