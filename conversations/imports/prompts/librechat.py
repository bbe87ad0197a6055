"""LibreChat's prompts, as its API lists them: groups of {"name", "productionPrompt": {"prompt"}}.

LibreChat has no export of its own; `GET /api/prompts/all` answers the list, `GET /api/prompts/groups` the list under
"promptGroups". A variable is {{name}}, or {{name:one|two}} for choices.
Source: danny-avila/LibreChat (`api/server/routes/prompts.js`, `TPromptGroup` in `packages/data-provider/src/types.ts`).
"""

import re
from collections.abc import Iterator
from typing import Any

from conversations.imports import fields
from conversations.imports.prompts.found import Found

_DESCRIBED = re.compile(r"\{\{\s{0,20}([^{}:|\n]{1,60}?)\s{0,20}:([^{}\n]{1,4000})\}\}")


def recognises(raw: Any) -> bool:
    return any("productionPrompt" in group for group in _groups(raw))


def prompts(raw: Any) -> Iterator[Found]:
    for group in _groups(raw):
        text = fields.text(fields.obj(group.get("productionPrompt")).get("prompt"))
        variables = [_variable(*found.groups()) for found in _DESCRIBED.finditer(text)]
        yield Found(fields.text(group.get("name")), _DESCRIBED.sub(r"{{\1}}", text), variables)


def _groups(raw: Any) -> list[dict[str, Any]]:
    return list(fields.objects(raw.get("promptGroups") if isinstance(raw, dict) else raw))


def _variable(name: str, options: str) -> dict[str, Any]:
    return {"name": name, "type": "choice", "choices": [option.strip() for option in options.split("|")]}
