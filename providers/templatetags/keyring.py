"""Template tags about the encryption keys, for the admin's pages."""

from django import template

from providers.encryption import rotation

register = template.Library()


@register.simple_tag
def keyring_problem() -> str:
    """Return a sentence about a fault of the encryption keys, or ""."""
    return rotation.problem()
