"""Rows of one person: what they have read, chosen and not yet sent, notices, tokens, receipts of commands."""
