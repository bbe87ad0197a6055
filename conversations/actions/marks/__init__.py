"""Marks on messages: set and withdraw them."""
