"""The routes and shapes of kept prompts."""
