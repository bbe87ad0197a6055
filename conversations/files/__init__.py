"""Uploaded files: stored on disk, checked, re-encoded, served. Imports nothing: images.py runs in a bare process."""
