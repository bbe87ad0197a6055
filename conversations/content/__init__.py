"""Values that a message holds: parts, sources, branches, and how they are shown."""
