"""The pages of what happened, and of where else people want to be told."""
