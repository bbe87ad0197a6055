"""Parameters of a picture in the form of `/images/generations`, and what models are known to take.

Source: the OpenAI API reference (images), and the documents of gateways for Seedream and Qwen-Image. An administrator
declares for each model what it takes; the table is only the beginning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.wires.parameters import PICTURES, Parameter, pictures
from providers.wires.refusals.fields import Field

PARAMETERS: dict[str, Parameter] = PICTURES
_FIELDS = {
    "picture_count": "n",
    "picture_size": "size",
    "picture_quality": "quality",
    "picture_ratio": "aspect_ratio",
}
FIELDS = (
    Field(("n",), "picture_count", is_common_word=True, is_whole=True, also="number of images"),
    Field(("size",), "picture_size", is_common_word=True),
    Field(("quality",), "picture_quality", is_common_word=True),
    Field(("aspect_ratio",), "picture_ratio"),
)
_USUAL = tuple(
    (re.compile(pattern, re.IGNORECASE), choices)
    for pattern, choices in (
        (
            r"gpt-image|gpt_image|chatgpt-image",
            pictures(size="auto 1024x1024 1536x1024 1024x1536", quality="auto low medium high", count=10),
        ),
        (r"dall-e-3", pictures(size="1024x1024 1792x1024 1024x1792", quality="standard hd")),
        (r"dall-e", pictures(size="256x256 512x512 1024x1024", count=10)),
        (r"seedream", pictures(size="2K 3K 4K")),
        (r"qwen-image", pictures(size="1328*1328 1664*928 928*1664")),
        (r"imagen|flux|kolors|cogview|wanx?\d|hidream|ideogram|recraft|stable-diffusion|sdxl|hunyuan-image", {}),
    )
)


def options(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request for the parameters in `known`; the usual count is left out."""
    given = {theirs: known[ours] for ours, theirs in _FIELDS.items() if known.get(ours) is not None}
    return {name: value for name, value in given.items() if (name, value) != ("n", 1)}


def drawn(model: str) -> Mapping[str, Parameter] | None:
    """Return what models of this name usually take here, or None if the name tells of no pictures."""
    return next((choices for pattern, choices in _USUAL if pattern.search(model)), None)
