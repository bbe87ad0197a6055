"""Links with a secret in them: invitations, password links, shares."""
