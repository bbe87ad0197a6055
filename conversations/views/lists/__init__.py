"""Pages that list what is not in the sidebar: the archive, the bin, verified answers."""
