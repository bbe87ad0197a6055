"""Conversations of other tools, and of other Chatsites, brought in from a file: first looked at, then written."""
