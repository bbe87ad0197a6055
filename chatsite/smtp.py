"""Outgoing mail over TLS, with the authorities that this site trusts."""

import ssl

from django.core.mail.backends import smtp
from django.utils.functional import cached_property

from chatsite.configuration import certificate_authorities


class EmailBackend(smtp.EmailBackend):
    """Django's mail backend, which would trust the usual authorities alone."""

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        return certificate_authorities.context()
