"""Checks of what the site stands on, and failures that an administrator can mend."""
