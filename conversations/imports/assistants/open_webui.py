"""Open WebUI's models of a workspace: a list of {"name", "base_model_id", "meta", "params"}, or a single one.

Source: open-webui/open-webui (`backend/open_webui/models/models.py`: ModelMeta, ModelParams;
`src/lib/components/workspace/Models.svelte` exports the list).
"""

from collections.abc import Iterator
from typing import Any

from conversations.imports import fields
from conversations.imports.assistants.found import Found

_NAMES = {"temperature": "temperature", "top_p": "top_p", "max_tokens": "max_tokens", "seed": "seed", "stop": "stop"}
"""Parameters that mean the same here."""


def recognises(raw: Any) -> bool:
    return any("base_model_id" in one and "params" in one for one in _models(raw))


def assistants(raw: Any) -> Iterator[Found]:
    for one in _models(raw):
        meta, params = fields.obj(one.get("meta")), fields.obj(one.get("params"))
        yield Found(
            fields.text(one.get("name")) or fields.text(one.get("id")),
            fields.text(params.get("system")),
            models=[name for name in [fields.text(one.get("base_model_id"))] if name],
            parameters={ours: params[theirs] for theirs, ours in _NAMES.items() if theirs in params},
            starters=[fields.text(said.get("content")) for said in fields.objects(meta.get("suggestion_prompts"))],
        )


def _models(raw: Any) -> list[dict[str, Any]]:
    return [raw] if isinstance(raw, dict) else list(fields.objects(raw))
