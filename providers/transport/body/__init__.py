"""The body of an answer: how it is framed and compressed, and who waits for the rest of it."""
