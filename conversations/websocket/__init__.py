"""The websocket: authentication, limits on input, and answers to commands."""
