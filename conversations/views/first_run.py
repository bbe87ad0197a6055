"""Pages of the first run: the first administrator, the first endpoint, the small local model."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations import actions
from conversations.accounts import allauth_adapter, first_run, preferences
from conversations.errors import NotFound
from conversations.forms.accounts import SetUpForm
from conversations.forms.endpoints import EndpointForm
from conversations.reporting.permissions import View, require_report_access
from conversations.views.chat import _chat_context
from providers import local_model
from providers.endpoints import adding


def adds_vendors(view: View) -> View:
    """Return the view for people who may add a vendor; signed-out ones are redirected to the sign-in."""
    return login_required(require_report_access(adding.PERMISSIONS, view))


@never_cache
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Create the first administrator; raises Http404 once there is one."""
    if first_run.is_set_up():
        raise Http404
    form = SetUpForm(request.POST if request.method == "POST" else None)
    needs_code = not first_run.may_set_up(request)
    if request.method == "POST" and form.is_valid():
        if not needs_code or first_run.may_set_up(request, form.cleaned_data["code"]):
            return _first_administrator(request, form)
        form.add_error("code", translation.gettext("This is not the code that was printed."))
    code = request.GET.get("code", "")
    return render(request, "setup.html", {"form": form, "needs_code": needs_code, "code": code})


@adds_vendors
@require_http_methods(["GET", "POST"])
def add_endpoint(request: HttpRequest) -> HttpResponse:
    """Add a vendor from the first-run card; a reload after an error leads back to the card."""
    if request.method == "GET":
        return redirect("/")
    form = EndpointForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            fields = {name: given[name] for name in ("base_url", "key")}
            adding.add_new_endpoint(given["preset"], name="", models=form.model_ids(), by=request.user, **fields)
            return redirect("/")
        except ValidationError as error:
            form.add_error(None, error)
    return render(request, "chat.html", {**_chat_context(request), "endpoint_form": form}, status=422)


@adds_vendors
@require_http_methods(["GET", "POST"])
def small_model(request: HttpRequest) -> HttpResponse:
    """Respond with the state of the small local model (GET, JSON), or start to use it (POST)."""
    if request.method == "POST":
        adding.adopt_local_model(by=request.user)
        return redirect("/")
    state = local_model.state(settings.CHATSITE_DATA)
    fields = {"stage": state.stage, "done": state.done, "total": state.total, "reason": _said(state.reason)}
    return JsonResponse(fields)


def _said(reason: str) -> str:
    return translation.gettext(reason) if reason else ""


def _first_administrator(request: HttpRequest, form: SetUpForm) -> HttpResponse:
    given = form.cleaned_data
    try:
        person = actions.create_administrator(given["name"], given["password"], given["language"])
    except NotFound:
        raise Http404 from None
    allauth_adapter.sign_in(request, person)
    response = redirect("/")
    preferences.remember_language(response, given["language"])
    return response
