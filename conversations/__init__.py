"""The chat: people, teams, conversations, replies under way, pages, HTTP API and websocket."""
