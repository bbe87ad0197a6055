"""One file that holds a site, and the way back from it."""
