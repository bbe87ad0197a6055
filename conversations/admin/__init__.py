"""Django's admin of people, teams, budgets and the ledger: importing it registers every page.

Conversations are not here: an administrator does not read what is private.
"""

from conversations.admin import audit_download, budgets, ledger, people, team_access, teams
from conversations.admin.words import name_everything

__all__ = ["audit_download", "budgets", "ledger", "people", "team_access", "teams"]

name_everything()
