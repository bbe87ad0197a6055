"""Catching up on a conversation: its missed messages, the words to and from a model, and the call itself."""
