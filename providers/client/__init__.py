"""One call of one endpoint, for a reply or for the list of its models."""
