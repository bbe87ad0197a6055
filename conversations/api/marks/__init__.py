"""The verified answers, the remarks and the summaries of the HTTP API."""
