"""Which key and endpoint is asked next, and how long one that failed is left alone."""
