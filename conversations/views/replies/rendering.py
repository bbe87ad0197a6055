"""Markdown that a page holds as plain text, rendered: a thought whose fold is opened while it grows."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from conversations.markdown import Work, rendered_piece

WAIT_SECONDS, WORK_SECONDS = 2.0, 0.5
"""Longest wait for the rendering process, and its processor time; what takes longer comes back as it was written."""


@login_required
@never_cache
@require_POST
def rendered(request: HttpRequest) -> JsonResponse:
    """Return the sent text as HTML: the blocks that no more text can change, and the open rest.

    `end` is where that rest begins: UTF-16 units. With `ended` in the request nothing is open.
    """
    text, is_ended = request.POST.get("text", ""), "ended" in request.POST
    piece = rendered_piece(text, Work(WORK_SECONDS), WAIT_SECONDS, is_ended=is_ended)
    return JsonResponse({"done": piece.done, "live": piece.live, "end": piece.end})
