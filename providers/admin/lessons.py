"""The quirks of a deployment in words on its page, and the forgetting of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from providers.audit import log
from providers.models import Deployment
from providers.wires import registry
from providers.wires.declarations import wire_learnt

ALL = "all"


@dataclass(frozen=True, slots=True)
class LessonRow:
    """A quirk in words, the time when it was learnt, and the vendor's sentence, if they are known."""

    quirk: str
    words: str
    since: datetime | None
    sentence: str


def lessons_of(deployment: Deployment) -> Iterator[LessonRow]:
    """Yield what this deployment was found to refuse."""
    for quirk in deployment.learnt:
        known = deployment.lessons.get(quirk, {})
        since = datetime.fromisoformat(known["at"]) if "at" in known else None
        yield LessonRow(quirk, described(quirk), since, known.get("said", ""))


def forget_page(rows: ModelAdmin[Deployment], request: HttpRequest, pk: UUID) -> HttpResponse:
    """Forget one quirk, or all, and return to the deployment's page: the next refusal teaches again."""
    if not rows.has_change_permission(request):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    quirk = request.POST.get("quirk", "")
    with log.watch(request.user, Deployment.objects.filter(pk=pk)):
        deployment = get_object_or_404(Deployment, pk=pk)
        deployment.learn((), deployment.learnt if quirk == ALL else [quirk], {})
    return redirect("admin:providers_deployment_change", pk)


def described(quirk: str) -> str:
    """Return a quirk in the words of the reader's language."""
    if quirk in _words():
        return _words()[quirk]
    if wire := registry.WIRES.get(wire_learnt([quirk])):
        return _("It is called by another protocol than its endpoint: %(name)s.") % {"name": _(wire.LABEL)}
    kind, _colon, rest = quirk.partition(":")
    name, _equals, value = rest.partition("=")
    first, _comma, second = rest.partition(",")
    sentence = {
        "no": _("“%(name)s” is left out with the value %(value)s.") if value else _("“%(name)s” is left out."),
        "range": _("“%(name)s” is kept within %(value)s."),
        "levels": _("“%(name)s” is put to the nearest of these: %(value)s."),
        "moved": _("The raw extra “%(name)s” is told in the words of this protocol."),
        "extra": _("The raw extra “%(name)s” is left out."),
        "either": _("“%(second)s” is left out beside “%(first)s”."),
    }.get(kind, "%(quirk)s")
    shown = _range(value) if kind == "range" else value.replace(",", ", ")
    return sentence % {"name": name, "value": shown, "first": first, "second": second, "quirk": quirk}


def _range(value: str) -> str:
    """Return a range as people write it: `1..8192` as `1 – 8192`, `..8192` as `≤ 8192`."""
    low, _dots, high = value.partition("..")
    return f"{low} – {high}" if low and high else f"≥ {low}" if low else f"≤ {high}"


def _words() -> dict[str, str]:
    return {
        "max_completion_tokens": _("The longest reply is asked for as “max_completion_tokens”."),
        "developer": _("Instructions come from a developer instead of the system."),
        "no:system": _("Instructions stand before the first question."),
        "no:image": _("Pictures are replaced by a note."),
        "no:file": _("Files are replaced by a note."),
        "no:code": _("Code that it ran is sent as text."),
        "no:functions": _("It is not offered to look into a project's files itself."),
        "no:penalties": _("Both penalties are left out."),
        "no:stream_options": _("It is not asked for token counts."),
        "suspected:stream_options": _(
            "The vendor may not accept a request for token counts: the next question will show."
        ),
        "stand-in": _("Calls and pictures of other models carry the vendor's stand-in for a signature."),
        "reasoning_content": _("Thoughts go back together with their calls."),
        "no:citations": _("It is not asked to cite the files that it is given."),
        "no:cache_control": _("Conversations are sent without marks for the vendor's cache."),
        "thinking:adaptive": _("Thinking is asked for without a budget."),
        "thinking:budget": _("Thinking is asked for with a budget."),
        "no:type=disabled": _("It always thinks: its thinking is not switched off."),
        "turn-between": _("A turn of the model stands between the results of calls and the next question."),
    }
