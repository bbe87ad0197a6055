"""Backup: one file that holds a site, and its restoration."""
