"""Markdown that a page holds as plain text, rendered: a thought whose fold is opened while it grows."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.markdown import Work, rendered_piece
from conversations.views.requests import too_many_tries

WAIT_SECONDS, WORK_SECONDS = 2.0, 0.5
"""Longest wait for the rendering process, and its processor time; what takes longer comes back as it was written."""


MAX_CHARACTERS = 100_000
"""Characters of one text; the page sends fewer at once."""


@login_required
@never_cache
@require_POST
def rendered(request: HttpRequest) -> HttpResponse:
    """Return the sent text as HTML: the blocks that no more text can change, and the open rest.

    `end` is where that rest begins: UTF-16 units. With `ended` in the request nothing is open.
    """
    person = person_of(request)
    if rate_limits.rendering(person.pk):
        return too_many_tries(request)
    text, is_ended = request.POST.get("text", ""), "ended" in request.POST
    if len(text) > MAX_CHARACTERS:
        return HttpResponse(status=413)
    work = Work(WORK_SECONDS)
    piece = rendered_piece(text, work, WAIT_SECONDS, is_ended=is_ended)
    rate_limits.rendering_took(person.pk, WORK_SECONDS - work.left)
    return JsonResponse({"done": piece.done, "live": piece.live, "end": piece.end})
