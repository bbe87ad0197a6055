"""Conversations as files to take along: Markdown, a web page, JSON, a Word document, and a zip of many."""
