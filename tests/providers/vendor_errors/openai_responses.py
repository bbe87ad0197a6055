"""Errors with which a response of OpenAI fails, whose status is 200: only their code tells what happened."""

from providers import errors
from providers.errors import VendorError
from tests.providers.vendor_errors.case import Case

_SOURCE = "openai-python, types/responses/response_error.py"


def _failed(code: str, message: str, kind: type[VendorError]) -> Case:
    body = {"object": "response", "status": "failed", "error": {"code": code, "message": message}}
    return Case(f"responses-{code}", _SOURCE, 200, body, kind, message)


CASES = [
    _failed("server_error", "The model failed to answer.", errors.VendorDown),
    _failed("rate_limit_exceeded", "Slow down.", errors.RateLimited),
    _failed("invalid_prompt", "The prompt has no user message.", errors.BadRequest),
    _failed("bio_policy", "This request was stopped.", errors.Blocked),
    _failed("image_content_policy_violation", "This picture was stopped.", errors.Blocked),
    _failed("vector_store_timeout", "The files were not searched in time.", errors.VendorTimeout),
    _failed("invalid_image_url", "The picture has no such address.", errors.BadRequest),
    _failed("unsupported_image_media_type", "Pictures are PNG, JPEG, GIF or WebP.", errors.BadRequest),
]
