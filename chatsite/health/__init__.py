"""Checks of the site's surroundings, and failures that an administrator can fix."""
