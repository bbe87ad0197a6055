"""Pages that list what is not in the sidebar: the archive and the bin."""
