"""Who may use which model, what it costs, what is left, and what was spent."""
