"""Prompts that people keep: the published text, its versions and proposals, and the letters that find it."""
