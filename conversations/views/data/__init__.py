"""Pages about a person's conversations as files: what is exported, and what is imported."""
