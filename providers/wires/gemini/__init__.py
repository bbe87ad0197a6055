"""The native wire of Gemini."""
