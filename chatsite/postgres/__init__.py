"""A database backend: Django's PostgreSQL, which also works behind a pooler of transactions."""
