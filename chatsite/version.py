"""The version of this software, read from pyproject.toml with the standard library alone."""

import tomllib
from pathlib import Path

VERSION: str = tomllib.loads((Path(__file__).resolve().parent.parent / "pyproject.toml").read_text("utf-8"))["project"][
    "version"
]
