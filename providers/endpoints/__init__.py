"""The adding of endpoints, their examination, and their keys and models."""
