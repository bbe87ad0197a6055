"""The pages of kept prompts: the lists, one prompt, its versions and proposals."""
