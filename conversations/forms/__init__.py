"""Django's forms of the pages."""
