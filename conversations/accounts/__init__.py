"""Signing in, and what surrounds it: passwords, addresses, second factors, rate limits, ready roles."""
