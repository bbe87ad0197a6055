"""The wire of OpenAI's Responses API, which keeps nothing at the vendor."""
