"""The pages of a person's settings: profile, appearance, usage, security, tokens and own keys."""
