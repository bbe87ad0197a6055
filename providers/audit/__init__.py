"""Who changed what: written beside the change, and read in the admin."""
