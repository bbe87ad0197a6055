"""What the admin's pages say of the encryption keys."""

from django import template

from providers.encryption import rotation

register = template.Library()


@register.simple_tag
def keyring_problem() -> str:
    """What is wrong with them, empty when nothing is."""
    return rotation.problem()
