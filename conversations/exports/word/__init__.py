"""Word documents, made by a process of its own. Imports nothing: process.py runs in a bare process."""
