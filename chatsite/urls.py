"""Every page and call of the site."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import JavaScriptCatalog

from conversations import (
    account_views,
    address_views,
    audience_views,
    joining_views,
    key_adding,
    key_views,
    password_views,
    sharing_views,
    snapshot_views,
    teams_views,
    views,
)
from conversations.api import api
from conversations.reporting import downloads, key_pages, pages


def one_way_to_another_password(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Lead to the site's own page: Django's would end no token and tell nobody."""
    return redirect("account_change_password")


def catalogue(request: HttpRequest, extra_context: object = None) -> HttpResponseBase:
    """Answer with the words of the admin's scripts: Django's, and ours where its catalogue lacks some."""
    return JavaScriptCatalog.as_view(packages=["django.contrib.admin", "chatsite"])(request)


admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # one way in, with its limits
admin.site.password_change = one_way_to_another_password  # type: ignore[method-assign,assignment]
admin.site.i18n_javascript = catalogue  # type: ignore[method-assign,assignment]
admin.site.site_header = admin.site.site_title = "Chatsite"

handler400 = "chatsite.bad_requests.page"
urlpatterns = [
    path("", views.chat, name="chat"),
    path("conversations/<uuid:conversation_id>/", views.chat, name="conversation"),
    path("conversations/<uuid:conversation_id>/thread/", views.thread, name="thread"),
    path("conversations/<uuid:conversation_id>/audience/", audience_views.audience, name="audience"),
    path("conversations/<uuid:conversation_id>/share/", sharing_views.share, name="share"),
    path("shares/", sharing_views.shares, name="shares"),
    path("shares/copy/", sharing_views.copy, name="copy-share"),
    path("shares/<uuid:share_id>/revoke/", sharing_views.revoke, name="revoke-share"),
    path("s/<str:secret>/", snapshot_views.page, name="shared"),
    path("s/<str:secret>/copy/", snapshot_views.follow, name="follow-share"),
    path("s/<str:secret>/files/<uuid:file_id>/", snapshot_views.file, name="shared-file"),
    path("setup/", views.set_up, name="setup"),
    path("language/", views.change_language, name="language"),
    path("local-model/", views.small_model, name="local-model"),
    path("endpoints/add/", views.add_endpoint, name="add-endpoint"),
    path("teams/", teams_views.teams, name="teams"),
    path("teams/new/", teams_views.new_team, name="new-team"),
    path("teams/<uuid:team_id>/", teams_views.team, name="team"),
    path("teams/<uuid:team_id>/name/", teams_views.rename, name="rename-team"),
    path("teams/<uuid:team_id>/defaults/", teams_views.change_defaults, name="team-defaults"),
    path("teams/<uuid:team_id>/leave/", teams_views.leave, name="leave-team"),
    path("teams/<uuid:team_id>/members/<uuid:person_id>/role/", teams_views.change_role, name="change-role"),
    path("teams/<uuid:team_id>/members/<uuid:person_id>/remove/", teams_views.remove, name="remove-member"),
    path("teams/<uuid:team_id>/members/<uuid:person_id>/hand-over/", teams_views.hand_over, name="hand-over"),
    path("teams/<uuid:team_id>/invitations/", teams_views.invite, name="invite"),
    path(
        "teams/<uuid:team_id>/invitations/<uuid:invitation_id>/revoke/",
        teams_views.revoke_invitation,
        name="revoke-invitation",
    ),
    path("join/", joining_views.join, name="join"),
    path("join/<str:secret>/", joining_views.follow, name="invitation"),
    path("new-password/", password_views.set_password, name="new-password"),
    path("new-password/for/<uuid:person_id>/", password_views.make_link, name="new-password-link"),
    path("new-password/<str:secret>/", password_views.follow, name="follow-password-link"),
    path("account/", account_views.account, name="account"),
    path("account/address/", address_views.address, name="address"),
    path("account/address/confirm/", address_views.confirm, name="confirm-address"),
    path("account/address/<str:token>/", address_views.follow, name="follow-address"),
    path("account/notices/", account_views.notices, name="notices"),
    path("account/sessions/end/", account_views.end_other_sessions, name="end-other-sessions"),
    path("account/sessions/<int:session_id>/end/", account_views.end_session, name="end-session"),
    path("account/tokens/", account_views.tokens, name="tokens"),
    path("account/tokens/<uuid:token_id>/revoke/", account_views.revoke_token, name="revoke-token"),
    path("account/keys/", key_views.own_keys, name="own-keys"),
    path("account/keys/<uuid:key_id>/remove/", key_views.remove_own_key, name="remove-own-key"),
    path("accounts/password/reset/", password_views.forgotten, name="account_reset_password"),
    path("accounts/email/", RedirectView.as_view(pattern_name="account"), name="account_email"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/usage/", pages.usage_page, name="usage"),
    path("admin/usage.csv", downloads.usage_csv, name="usage-csv"),
    path("admin/ledger.csv", downloads.ledger_csv, name="ledger-csv"),
    path("admin/scoreboard/", pages.scoreboard_page, name="scoreboard"),
    path("admin/budgets/", pages.budgets_page, name="budgets"),
    path("admin/endpoints/<uuid:endpoint_id>/keys/", key_adding.add_keys, name="add-keys"),
    path("admin/keys/<uuid:key_id>/", key_pages.key_page, name="key"),
    path("admin/keys/<uuid:key_id>/test/", key_pages.test_key, name="test-key"),
    path("admin/keys/<uuid:key_id>/rotate/", key_pages.rotate_key, name="rotate-key"),
    path("admin/keys/<uuid:key_id>/switch/", key_pages.switch_key, name="switch-key"),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("livez", views.alive),
    path("readyz", views.ready),
]
