"""The limits in PostgreSQL for the time of a statement, a lock and an idle transaction."""

LIMITS = {"statement_timeout": "15s", "idle_in_transaction_session_timeout": "30s", "lock_timeout": "5s", "jit": "off"}
"""The settings of each session. To compile a search's statement takes 0.3 s, to answer it a few milliseconds."""
AT_START = " ".join(f"-c {name}={value}" for name, value in LIMITS.items())
"""The libpq `options` with which a session of our own begins."""
