"""Lines of Python run inside a site that runs in processes of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parent.parent
_BEFORE = """
import django, json
django.setup()
from providers.models import *
from conversations.models import *
"""


def inside(environment: Mapping[str, str], lines: str, answer: str = "None") -> Any:
    """Run `lines` with a site's environment and all models; return the value of `answer`, by way of JSON."""
    program = f"{_BEFORE}\n{lines}\nprint(json.dumps({answer}, default=str))"
    settings = {"DJANGO_SETTINGS_MODULE": "chatsite.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=BASE, env={**environment, **settings}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
