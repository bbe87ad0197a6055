"""The search over all that a person may read: folding, the index's words, queries, results, rebuilding."""
