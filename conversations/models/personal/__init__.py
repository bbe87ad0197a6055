"""Rows of one person: guests' places, what they read, chose and have not sent yet, notices, tokens, receipts."""
