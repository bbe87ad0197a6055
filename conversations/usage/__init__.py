"""Access to models, their cost, budgets, and the ledger of calls."""
