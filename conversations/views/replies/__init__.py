"""Pages about one reply."""
