"""The generation of a reply, from waiting to its end."""
