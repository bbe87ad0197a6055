"""Who reads a conversation: moves to another team or project, guests, and the place that all its readers share."""
