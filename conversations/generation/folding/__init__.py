"""Conversations that are longer than their model's context window: summaries of what is above, and what is left out."""
