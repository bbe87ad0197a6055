"""One conversation, or one branch of it, as a file of any of our formats."""

from collections.abc import Generator
from typing import Literal, get_args
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header

from conversations.exports import markdown_text, thread_json, web_page
from conversations.exports.branch import branch_ids, leaf_of, tree_ids
from conversations.exports.file_names import name_of
from conversations.exports.word import child, pieces
from conversations.models import Conversation, User
from conversations.reporting.streaming import stream_response

Format = Literal["markdown", "html", "json", "docx"]
FORMATS: tuple[Format, ...] = get_args(Format)
_TYPES: dict[Format, tuple[str, str]] = {
    "markdown": (".md", "text/markdown; charset=utf-8"),
    "html": (".html", "text/html; charset=utf-8"),
    "json": (".json", "application/json"),
    "docx": (".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}


def file_response(
    request: HttpRequest, person: User, conversation: Conversation, wanted: Format, leaf: UUID | None
) -> StreamingHttpResponse:
    """Respond with the file; raises NotFound for a `leaf` that is not in this conversation.

    A Word document is written before the answer begins, so that a refusal can be said.
    """
    ending, media_type = _TYPES[wanted]
    made = _made(person, conversation, wanted, leaf)
    is_compressed = wanted == "docx"
    response = stream_response(made, media_type, compress_for=None if is_compressed else request)
    response.headers["Content-Disposition"] = content_disposition_header(True, name_of(conversation, ending)) or ""
    return response


def _made(person: User, conversation: Conversation, wanted: Format, leaf: UUID | None) -> Generator[bytes]:
    end = leaf_of(person, conversation, leaf)
    if wanted == "json":
        ids = tree_ids(conversation) if leaf is None else branch_ids(end)
        return thread_json.pieces(person, conversation, end, ids, thread_json.Data())
    ids = branch_ids(end)
    if wanted == "docx":
        return child.document(person.pk, pieces.lines(conversation, ids))
    return (markdown_text if wanted == "markdown" else web_page).pieces(conversation, ids)
