"""The websocket: who is let in, what may come in, and the answers."""
