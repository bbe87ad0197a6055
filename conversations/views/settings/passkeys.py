"""The pages of passkeys that differ from django-allauth's own."""

from typing import Any

from allauth.account.utils import passthrough_next_redirect_url
from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView, ReauthenticateWebAuthnView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.generic.edit import FormView

from conversations.accounts import rate_limits
from conversations.accounts.second_factor import takes_passkeys
from conversations.templatetags.signing_in import browser_of
from conversations.views.requests import too_many_tries


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]
    """The page on which a browser makes a passkey, kept by a device or an account of it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not takes_passkeys(request):
            messages.error(request, gettext("Passkeys need an address with a name and HTTPS."))
            return redirect("security")
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def get_initial(self) -> dict[str, Any]:
        return {"name": browser_of(self.request.headers.get("User-Agent", "")) or gettext("Passkey")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the form with the options for a passkey that opens the account alone."""
        options = auth.begin_registration(self.request.user, True)
        return {**FormView.get_context_data(self, **kwargs), "js_data": {"creation_options": options}}

    def get_success_url(self) -> str:
        """Return the new recovery codes with the first factor, else the list of passkeys."""
        return reverse("mfa_view_recovery_codes" if self.did_generate_recovery_codes else "security")


class SignIn(LoginWebAuthnView):  # type: ignore[misc]
    """A sign-in by passkey: GET begins it, POST ends it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if rate_limits.passkey(request):
            return too_many_tries(request)
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        """Redirect to the sign-in page, which says why and keeps where the person wanted to go."""
        for error in form.errors.get("credential", []):
            messages.error(self.request, error)
        return redirect(passthrough_next_redirect_url(self.request, reverse("account_login"), "next"))


class Confirm(ReauthenticateWebAuthnView):  # type: ignore[misc]
    """A signed-in person's proof by passkey."""

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the form as it was judged, with a new challenge."""
        return {**super().get_context_data(**kwargs), **kwargs}


add_passkey, sign_in, confirm = (never_cache(view.as_view()) for view in (AddPasskey, SignIn, Confirm))
