"""Estimated token counts of texts, by the scripts of their characters."""

from __future__ import annotations

import re
from math import ceil

_DENSE = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]+")
_LATIN = re.compile(r"[\x00-\u024f]+")
_PER_DENSE, _PER_LATIN, _PER_OTHER = 1.0, 0.27, 0.5
"""Tokens a character: Chinese, Japanese and Korean; Latin, code and figures; everything else."""


def tokens(text: str) -> int:
    """Return the estimated number of tokens, rather too many than too few."""
    dense, latin = (sum(map(len, kind.findall(text))) for kind in (_DENSE, _LATIN))
    return ceil(dense * _PER_DENSE + latin * _PER_LATIN + (len(text) - dense - latin) * _PER_OTHER)
