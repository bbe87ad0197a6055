"""The wire of endpoints that make pictures and nothing else: `/images/generations` and `/images/edits`."""
