"""The hashing of passwords and pass phrases."""

import unicodedata
from typing import Any

from django.contrib.auth import hashers


class ScryptPasswordHasher(hashers.ScryptPasswordHasher):
    """Django's scrypt, after normalising the text (Unicode NFKC, as NIST SP 800-63B says).

    A password is then the same however a keyboard composes its characters.
    """

    def encode(self, password: str, salt: str, *cost: Any, **costs: Any) -> str:
        return super().encode(unicodedata.normalize("NFKC", password), salt, *cost, **costs)
