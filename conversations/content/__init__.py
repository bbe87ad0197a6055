"""Values of a message, and how they are shown: parts, sources, branches."""
