"""The HTTP response with an uploaded file, under the headers of an untrusted file."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from conversations.errors import NotFound
from conversations.files.stored_response import StoredFile
from conversations.models import File

POLICY = "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def response_of(file: File) -> HttpResponse:
    """Respond with the file: inline if it is an image, else as an attachment. The caller has checked access."""
    try:
        response = StoredFile(file.path, file.media_type)
    except FileNotFoundError:
        raise NotFound from None
    disposition = content_disposition_header(not file.is_image, file.name)
    response.headers["Content-Disposition"] = disposition or "attachment"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = POLICY
    return response
