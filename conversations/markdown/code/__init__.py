"""Code blocks and the colours of their code."""
