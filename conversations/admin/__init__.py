"""Django's admin of people, teams, budgets and the ledger; importing it registers all pages.

Conversations are missing: an administrator does not read private ones.
"""

from conversations.admin import audit_download, budgets, ledger, team_access, teams
from conversations.admin.people import access, person
from conversations.admin.words import name_everything

__all__ = ["access", "audit_download", "budgets", "ledger", "person", "team_access", "teams"]

name_everything()
