"""How long conversations stay: a team's period, and legal holds."""
