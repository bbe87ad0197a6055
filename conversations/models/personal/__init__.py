"""Rows of one person: what they have read and chosen, notices, tokens, receipts of commands."""
