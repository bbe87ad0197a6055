"""Open WebUI's prompts: a list of {"command", "title" or "name", "content"}.

A variable is {{name}} or {{name | type:default="…":options=["…"]}}.
Source: open-webui/open-webui (`src/lib/components/workspace/Prompts.svelte`, `backend/open_webui/models/prompts.py`,
`extractInputVariables` and `parseVariableDefinition` in `src/lib/utils/index.ts`).
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from conversations.imports import fields
from conversations.imports.prompts.found import Found

_TYPES = {"textarea": "paragraph", "select": "choice", "number": "number", "range": "number", "date": "date"}
# No braces within quotes: else each variable would be sought through all that follows.
_DESCRIBED = re.compile(r'\{\{\s*([^{}|\s]{1,60})\s*\|((?:[^{}"]|"[^"\n{}]{0,2000}"){0,4000})\}\}')
_PROPERTY = re.compile(r':\s*(\w{1,40})\s*=\s*("[^"\n]*"|\[[^\]\n]*\]|[^:\n]*)')


def recognises(raw: Any) -> bool:
    return isinstance(raw, list) and any("command" in one and "content" in one for one in fields.objects(raw))


def prompts(raw: Any) -> Iterator[Found]:
    for one in fields.objects(raw):
        name = fields.text(one.get("title")) or fields.text(one.get("name")) or fields.text(one.get("command"))
        text = fields.text(one.get("content"))
        variables = [_variable(*found.groups()) for found in _DESCRIBED.finditer(text)]
        yield Found(name, _DESCRIBED.sub(r"{{\1}}", text), variables)


def _variable(name: str, definition: str) -> dict[str, Any]:
    told = {key: _value(value.strip()) for key, value in _PROPERTY.findall(definition)}
    kind = definition.partition(":")[0].strip().removeprefix("type=")
    options, default = told.get("options"), told.get("default", "")
    return {
        "name": name,
        "type": _TYPES.get(kind, "text"),
        "default": default if isinstance(default, str) else "",
        "choices": [str(option) for option in options] if isinstance(options, list) else [],
    }


def _value(written: str) -> Any:
    with suppress(ValueError, RecursionError):
        return json.loads(written) if written[:1] in ('"', "[") else written
    return written.strip('"')
