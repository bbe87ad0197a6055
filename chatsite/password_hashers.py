"""How passwords and pass phrases are hashed."""

import unicodedata
from typing import Any

from django.contrib.auth import hashers


class ScryptPasswordHasher(hashers.ScryptPasswordHasher):
    """Django's, for which a text is the same however a keyboard composes it (Unicode NFKC, as NIST SP 800-63B says)."""

    def encode(self, password: str, salt: str, *cost: Any, **costs: Any) -> str:
        return super().encode(unicodedata.normalize("NFKC", password), salt, *cost, **costs)
