"""Every page and API call of the site."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import include, path, reverse_lazy
from django.views.generic import RedirectView
from django.views.i18n import JavaScriptCatalog

from conversations.admin import failed_reply, model_access_page
from conversations.admin.keys import list_page, page
from conversations.api import api
from conversations.reporting import downloads
from conversations.reporting import views as pages
from conversations.views import audience, chat, composer, first_run, later, search, shares, sign_up, site
from conversations.views.assistants import choice as assistant_choice
from conversations.views.assistants import files as assistant_files
from conversations.views.assistants import pages as assistant_pages
from conversations.views.assistants import transfer as assistant_transfer
from conversations.views.assistants import versions as assistant_versions
from conversations.views.data import data_page
from conversations.views.links import invitations, passwords, shared_pages
from conversations.views.lists import archive
from conversations.views.lists import bin as bin_pages
from conversations.views.lists import verified as verified_pages
from conversations.views.notifications import inbox, targets
from conversations.views.projects import changes as project_changes
from conversations.views.projects import files as project_files
from conversations.views.projects import pages as project_pages
from conversations.views.projects import people as project_people
from conversations.views.projects import versions as project_versions
from conversations.views.prompts import pages as prompt_pages
from conversations.views.prompts import transfer as prompt_transfer
from conversations.views.prompts import versions as prompt_versions
from conversations.views.replies import details, preview, rendering, summaries
from conversations.views.settings import closing, mail_address, own_keys, passkeys, profile, security, usage
from conversations.views.teams import changes, records, team


def one_way_to_another_password(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Redirect to the site's own page: Django's would revoke no token and notify nobody."""
    return redirect("account_change_password")


def the_administrations_first_page(request: HttpRequest, app_label: str, extra_context: object = None) -> HttpResponse:
    """Redirect to it: its column has the pages by job, so no app needs a list of its models."""
    return redirect("admin:index")


def catalogue(request: HttpRequest, extra_context: object = None) -> HttpResponseBase:
    """Return the translations for the admin's scripts: Django's, and ours for words that its catalogue lacks."""
    return JavaScriptCatalog.as_view(packages=["django.contrib.admin", "chatsite"])(request)


admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # one sign-in page, with its limits
admin.site.password_change = one_way_to_another_password  # type: ignore[method-assign,assignment]
admin.site.i18n_javascript = catalogue  # type: ignore[method-assign,assignment]
admin.site.app_index = the_administrations_first_page  # type: ignore[method-assign,assignment]
admin.site.site_header = admin.site.site_title = "Chatsite"

handler400, handler500 = "chatsite.error_pages.bad_request", "chatsite.error_pages.server_error"
to_sign_in = RedirectView.as_view(url=reverse_lazy("account_login"))
"""In the place of django-allauth's pages about mails that this site does not send."""

urlpatterns = [
    path("", chat.chat, name="chat"),
    path("conversations/<uuid:conversation_id>/", chat.chat, name="conversation"),
    path("conversations/<uuid:conversation_id>/thread/", chat.thread, name="thread"),
    path("conversations/<uuid:conversation_id>/summaries/", summaries.summaries, name="summaries"),
    path("conversations/<uuid:conversation_id>/audience/", audience.audience, name="audience"),
    path("conversations/<uuid:conversation_id>/share/", shares.share, name="share"),
    path("replies/<uuid:reply>/", details.details, name="reply-details"),
    path("replies/<uuid:reply>/versions/", details.versions, name="reply-versions"),
    path("archive/", archive.archive, name="archive"),
    path("archive/<uuid:conversation_id>/remove/", archive.unarchive, name="unarchive"),
    path("bin/", bin_pages.bin_page, name="bin"),
    path("bin/empty/", bin_pages.empty, name="empty-bin"),
    path("bin/<uuid:conversation_id>/restore/", bin_pages.restore, name="restore"),
    path("bin/<uuid:conversation_id>/end/", bin_pages.end, name="end"),
    path("search/", search.search_page, name="search"),
    path("verified/", verified_pages.verified, name="verified"),
    path("notifications/", inbox.inbox, name="inbox"),
    path("notifications/newest/", inbox.newest, name="newest-notifications"),
    path("notifications/read/", inbox.read_all, name="read-notifications"),
    path("assistants/", assistant_pages.assistants, name="assistants"),
    path("assistants/new/", assistant_pages.new_assistant, name="new-assistant"),
    path("assistants/import/", assistant_transfer.import_assistants, name="import-assistants"),
    path("assistants/choice/", assistant_choice.choice, name="assistant-choice"),
    path("assistants/<uuid:assistant_id>/", assistant_pages.assistant, name="assistant"),
    path("assistants/<uuid:assistant_id>/archive/", assistant_pages.archive, name="archive-assistant"),
    path("assistants/<uuid:assistant_id>/delete/", assistant_pages.delete, name="delete-assistant"),
    path("assistants/<uuid:assistant_id>/versions/", assistant_versions.versions, name="assistant-versions"),
    path(
        "assistants/<uuid:assistant_id>/versions/<int:number>/restore/",
        assistant_versions.restore,
        name="restore-assistant",
    ),
    path("assistants/<uuid:assistant_id>/files/", assistant_files.add_files, name="add-assistant-files"),
    path(
        "assistants/<uuid:assistant_id>/files/<uuid:file_id>/remove/",
        assistant_files.remove_file,
        name="remove-assistant-file",
    ),
    path("prompts/", prompt_pages.prompts, name="prompts"),
    path("prompts/import/", prompt_transfer.import_prompts, name="import-prompts"),
    path("prompts/new/", prompt_pages.new_prompt, name="new-prompt"),
    path("prompts/<uuid:prompt_id>/", prompt_pages.prompt, name="prompt"),
    path("prompts/<uuid:prompt_id>/delete/", prompt_pages.delete_prompt, name="delete-prompt"),
    path("prompts/<uuid:prompt_id>/versions/<int:number>/", prompt_versions.version, name="prompt-version"),
    path("prompts/<uuid:prompt_id>/versions/<int:number>/restore/", prompt_versions.restore, name="restore-prompt"),
    path("prompts/<uuid:prompt_id>/proposals/<uuid:proposal_id>/", prompt_versions.proposal, name="prompt-proposal"),
    path(
        "prompts/<uuid:prompt_id>/proposals/<uuid:proposal_id>/publish/",
        prompt_versions.publish,
        name="publish-proposal",
    ),
    path(
        "prompts/<uuid:prompt_id>/proposals/<uuid:proposal_id>/decline/",
        prompt_versions.decline,
        name="decline-proposal",
    ),
    path("shares/", shares.shares, name="shares"),
    path("shares/copy/", shares.copy, name="copy-share"),
    path("shares/<uuid:share_id>/revoke/", shares.revoke, name="revoke-share"),
    path("s/<str:secret>/", shared_pages.page, name="shared"),
    path("s/<str:secret>/copy/", shared_pages.follow, name="follow-share"),
    path("s/<str:secret>/files/<uuid:file_id>/", shared_pages.file, name="shared-file"),
    path("preview/", preview.preview, name="preview"),
    path("markdown/", rendering.rendered, name="markdown"),
    path("setup/", first_run.set_up, name="setup"),
    path("language/", site.change_language, name="language"),
    path("parameters/", composer.parameters, name="parameters"),
    path("shortcuts/", composer.shortcuts, name="shortcuts"),
    path("later/", later.later, name="later"),
    path("resting-keys/", chat.resting_keys, name="resting-keys"),
    path("appearance/", site.change_appearance, name="appearance"),
    path("local-model/", first_run.small_model, name="local-model"),
    path("endpoints/add/", first_run.add_endpoint, name="add-endpoint"),
    path("projects/", project_pages.projects, name="projects"),
    path("projects/new/", project_pages.new_project, name="new-project"),
    path("projects/sidebar/", project_pages.in_the_sidebar, name="sidebar-projects"),
    path("projects/<uuid:project_id>/", project_pages.project, name="project"),
    path("projects/<uuid:project_id>/settings/", project_changes.change, name="project-settings"),
    path("projects/<uuid:project_id>/versions/", project_versions.versions, name="project-versions"),
    path(
        "projects/<uuid:project_id>/versions/<int:number>/restore/",
        project_versions.restore,
        name="restore-instructions",
    ),
    path("projects/<uuid:project_id>/verified/", verified_pages.project_verified, name="project-verified"),
    path("projects/<uuid:project_id>/people/", project_people.people, name="project-people"),
    path(
        "projects/<uuid:project_id>/people/<uuid:person_id>/hand-over/",
        project_people.hand_over,
        name="hand-over-project",
    ),
    path("projects/<uuid:project_id>/files/", project_files.add_files, name="add-project-files"),
    path("projects/<uuid:project_id>/files/<uuid:file_id>/", project_files.file, name="project-file"),
    path(
        "projects/<uuid:project_id>/files/<uuid:file_id>/change/",
        project_files.change_file,
        name="change-project-file",
    ),
    path(
        "projects/<uuid:project_id>/files/<uuid:file_id>/remove/",
        project_files.remove_file,
        name="remove-project-file",
    ),
    path("projects/<uuid:project_id>/archive/", project_changes.archive, name="archive-project"),
    path("projects/<uuid:project_id>/delete/", project_changes.delete, name="delete-project"),
    path("teams/", team.teams, name="teams"),
    path("teams/new/", team.new_team, name="new-team"),
    path("teams/<uuid:team_id>/", team.team, name="team"),
    path("teams/<uuid:team_id>/name/", changes.rename, name="rename-team"),
    path("teams/<uuid:team_id>/defaults/", changes.change_defaults, name="team-defaults"),
    path("teams/<uuid:team_id>/retention/", changes.retention, name="team-retention"),
    path("teams/<uuid:team_id>/keys/", records.keys, name="team-keys"),
    path("teams/<uuid:team_id>/audit/", records.audit, name="team-audit"),
    path("teams/<uuid:team_id>/prompts/", prompt_pages.team_prompts, name="team-prompts"),
    path("teams/<uuid:team_id>/verified/", verified_pages.team_verified, name="team-verified"),
    path("teams/<uuid:team_id>/notifications/", targets.of_team, name="team-notifications"),
    path("teams/<uuid:team_id>/leave/", team.leave, name="leave-team"),
    path("teams/<uuid:team_id>/members/<uuid:person_id>/role/", team.change_role, name="change-role"),
    path("teams/<uuid:team_id>/members/<uuid:person_id>/remove/", team.remove, name="remove-member"),
    path("teams/<uuid:team_id>/members/<uuid:person_id>/hand-over/", team.hand_over, name="hand-over"),
    path("teams/<uuid:team_id>/invitations/", changes.invite, name="invite"),
    path(
        "teams/<uuid:team_id>/invitations/<uuid:invitation_id>/revoke/",
        changes.revoke_invitation,
        name="revoke-invitation",
    ),
    path("join/", invitations.join, name="join"),
    path("join/<str:secret>/", invitations.follow, name="invitation"),
    path("new-password/", passwords.set_password, name="new-password"),
    path("new-password/for/<uuid:person_id>/", passwords.make_link, name="new-password-link"),
    path("new-password/<str:secret>/", passwords.follow, name="follow-password-link"),
    path("account/", profile.account, name="account"),
    path("account/appearance/", profile.look, name="look"),
    path("account/notifications/", targets.own, name="notifications"),
    path("account/notifications/browser/", targets.add_browser, name="add-browser"),
    path("account/notifications/<uuid:target_id>/", targets.log, name="target"),
    path("account/notifications/<uuid:target_id>/test/", targets.test, name="test-target"),
    path("account/notifications/<uuid:target_id>/remove/", targets.remove, name="remove-target"),
    path("account/introduction/", profile.introduction, name="introduction"),
    path("account/usage/", usage.usage, name="own-usage"),
    path("account/usage.csv", usage.calls_csv, name="own-usage-csv"),
    path("account/security/", security.security, name="security"),
    path("account/address/", mail_address.address, name="address"),
    path("account/address/confirm/", mail_address.confirm, name="confirm-address"),
    path("account/address/<str:token>/", mail_address.follow, name="follow-address"),
    path("account/data/", data_page.data, name="data"),
    path("account/data/imports/<uuid:import_id>/", data_page.import_state, name="import"),
    path("account/close/", closing.close_account, name="close-account"),
    path("account/notices/", security.notices, name="notices"),
    path("account/sessions/end/", security.end_other_sessions, name="end-other-sessions"),
    path("account/sessions/<int:session_id>/end/", security.end_session, name="end-session"),
    path("account/tokens/", security.tokens, name="tokens"),
    path("account/tokens/<uuid:token_id>/revoke/", security.revoke_token, name="revoke-token"),
    path("account/keys/", own_keys.own_keys, name="own-keys"),
    path("account/keys/<uuid:key_id>/fallback/", own_keys.change_own_key, name="change-own-key"),
    path("account/keys/<uuid:key_id>/remove/", own_keys.remove_own_key, name="remove-own-key"),
    path("accounts/password/reset/", passwords.forgotten, name="account_reset_password"),
    path("accounts/logout/", profile.sign_out, name="account_logout"),
    path("accounts/email/", RedirectView.as_view(pattern_name="account"), name="account_email"),
    path("accounts/2fa/webauthn/", RedirectView.as_view(pattern_name="security"), name="mfa_list_webauthn"),
    path("accounts/2fa/webauthn/add/", passkeys.add_passkey, name="mfa_add_webauthn"),
    path("accounts/2fa/webauthn/login/", passkeys.sign_in, name="mfa_login_webauthn"),
    path("accounts/2fa/webauthn/reauthenticate/", passkeys.confirm, name="mfa_reauthenticate_webauthn"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/signup/", sign_up.sign_up, name="account_signup"),
    path("accounts/confirm-email/", to_sign_in, name="account_email_verification_sent"),
    path("accounts/confirm-email/<str:key>/", to_sign_in, name="account_confirm_email"),
    path("accounts/password/reset/done/", to_sign_in, name="account_reset_password_done"),
    path("accounts/password/reset/key/done/", to_sign_in, name="account_reset_password_from_key_done"),
    path("accounts/password/reset/key/<str:uidb36>-<str:key>/", to_sign_in, name="account_reset_password_from_key"),
    path("accounts/", include("allauth.account.urls")),
    path("admin/usage/", pages.usage_page, name="usage"),
    path("admin/usage.csv", downloads.usage_csv, name="usage-csv"),
    path("admin/ledger.csv", downloads.ledger_csv, name="ledger-csv"),
    path("admin/scoreboard/", pages.scoreboard_page, name="scoreboard"),
    path("admin/budgets/", pages.budgets_page, name="budgets"),
    path("admin/access/", model_access_page.model_access, name="model-access"),
    path("admin/endpoints/<uuid:endpoint_id>/keys/", list_page.add_keys, name="add-keys"),
    path("admin/keys/<uuid:key_id>/", page.key_page, name="key"),
    path("admin/keys/<uuid:key_id>/test/", page.test_key, name="test-key"),
    path("admin/keys/<uuid:key_id>/balance/", page.ask_for_balance, name="ask-balance"),
    path("admin/keys/<uuid:key_id>/rotate/", page.rotate_key, name="rotate-key"),
    path("admin/keys/<uuid:key_id>/switch/", page.switch_key, name="switch-key"),
    path("admin/replies/<uuid:reply>/", failed_reply.mend, name="mend"),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("ws/", site.no_websocket, name="websocket"),
    path("site.webmanifest", site.manifest, name="manifest"),
    path("service-worker.js", site.service_worker, name="service-worker"),
    path("favicon.ico", site.favicon, name="favicon"),
    path("livez", site.alive),
    path("readyz", site.ready),
]
