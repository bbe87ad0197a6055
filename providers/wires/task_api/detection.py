"""The wire of picture tasks as a neighbour. Nobody looks for it: each question would cost a picture."""

from __future__ import annotations

import re

from providers.wires.declarations import Neighbour

BESIDE = Neighbour("task_api", re.compile(r"(use|try) (the )?(/?v1/)?tasks/generations", re.IGNORECASE))
"""This wire, as those at the same address name it for models that make pictures."""
