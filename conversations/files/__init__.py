"""Uploaded files: kept on disk, checked, drawn anew, answered. It imports nothing: pictures are drawn elsewhere."""
