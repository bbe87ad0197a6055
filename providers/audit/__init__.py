"""The audit log: written beside each change, and read in the admin."""
