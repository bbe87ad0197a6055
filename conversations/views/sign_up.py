"""Making an account without an invitation, where the site lets anybody."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations import actions
from conversations.accounts import allauth_adapter, rate_limits
from conversations.errors import NotFound, Refused
from conversations.forms.accounts import JoiningForm
from conversations.forms.teams import sentence_of
from conversations.mail import addresses, letters
from conversations.models import Installation, User
from conversations.views.requests import too_many_tries


@never_cache
@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Make an account and sign it in; raises Http404 where the site's rule is another."""
    if not Installation.lets_sign_up(Installation.SignUp.ANYBODY):
        raise Http404
    if request.user.is_authenticated:
        return redirect("chat")
    if request.method == "POST" and rate_limits.name_tried(request):
        return too_many_tries(request)
    form = JoiningForm(request.POST or None)
    if form.is_valid() and rate_limits.open_sign_up(request):
        return too_many_tries(request)
    if form.is_valid() and new_person(request, form, actions.open_account):
        return redirect("chat")
    context = {"form": form, "sends_mail": letters.is_set_up()}
    return render(request, "account/sign_up.html", context, status=422 if form.errors else 200)


def new_person(request: HttpRequest, form: JoiningForm, make: Callable[..., User]) -> User | None:
    """Make the account of a form and sign it in; returns None with the error in the form."""
    given = form.cleaned_data
    try:
        person = make(given["name"], given["password"], language=translation.get_language() or "")
    except NotFound:
        raise
    except Refused as refusal:
        form.add_error("name", sentence_of(refusal))
        return None
    allauth_adapter.sign_in(request, person)
    if address := given.get("email"):
        addresses.ask(request, person, address)
    return person
