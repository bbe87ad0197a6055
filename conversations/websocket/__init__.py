"""The websocket: a connection whose commands and events are its frames."""
