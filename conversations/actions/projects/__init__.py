"""Actions on projects: the project itself, its instructions, its named members, its files."""
