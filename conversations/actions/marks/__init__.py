"""Marks on messages, remarks and summaries: set, change and withdraw them."""
