"""Events and replies of the site's other processes."""
