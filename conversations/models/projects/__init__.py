"""The rows of projects: what their conversations share, their named members, versions and files."""
