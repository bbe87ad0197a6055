"""The site: settings, server, checks, backups, and everything before Django runs."""
