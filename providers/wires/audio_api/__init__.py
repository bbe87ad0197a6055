"""The wire of endpoints that write down speech: `/audio/transcriptions`."""
