"""Pages of one key, and of a list of keys, in the admin."""
