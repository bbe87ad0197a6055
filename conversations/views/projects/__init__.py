"""The pages of projects: plain forms with one action each, and the projects of the sidebar."""
