"""Django forms of the pages."""
