"""The routes and shapes of assistants."""
