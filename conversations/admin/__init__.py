"""Django's admin of this app: importing it registers every page."""

from conversations.admin import teams

__all__ = ["teams"]
