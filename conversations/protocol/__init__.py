"""What a browser or a program may send, checked before anybody acts on it."""
