"""Endpoints are added, examined, and given their keys and models."""
