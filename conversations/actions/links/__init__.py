"""Links with a secret in them: make and revoke them, and what follows from one."""
