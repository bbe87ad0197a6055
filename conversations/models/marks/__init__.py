"""Marks and remarks on messages, and what a model has told beside them: news and summaries."""
