"""Marks and remarks on messages, and the news that a model has told of them."""
