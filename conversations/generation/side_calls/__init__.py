"""Calls of a model that write no reply: titles, and what other rooms want told."""
