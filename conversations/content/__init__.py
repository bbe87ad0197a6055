"""What a message holds, as values: parts, sources, branches, and how they are shown."""
