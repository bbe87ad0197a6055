"""The choice of the next key and endpoint, and the cooldown of those that failed."""
