"""Conversion of documents into Markdown, in a process of its own. Imports nothing of the site: process.py runs bare."""
