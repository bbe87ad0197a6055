"""Acts on accounts beyond a change: adding many at once, ending a leaver's access, closing an account for good."""
