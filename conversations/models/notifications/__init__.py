"""What happened that people should know, where else they want to be told, and what became of that."""
