"""Access by route and method, and by command of the websocket: one line each.

    on("rename-team", "POST", {"name": "Ours"}, team=LEAD)

This line means: POST to this route, with the ids of the target "team" in its address, is for leads. For all others the
team does not exist. A route without a line fails the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from conversations.models import Invitation, PasswordLink, Share
from tests.authorisation.roles import (
    EVERYBODY,
    LEAD,
    MEMBER,
    NOBODY,
    OWNER,
    SIGNED_IN,
    STAFF,
    SUPERUSER,
    TEAM,
    WRITERS,
    Role,
)

Roles = frozenset[Role]


@dataclass(frozen=True)
class Policy:
    """`allowed` by target; "" is the target of a route without ids. `ok`: the statuses of success."""

    route: str
    method: str = "GET"
    body: dict[str, Any] = field(default_factory=dict)
    allowed: dict[str, Roles] = field(default_factory=dict)
    ok: tuple[int, ...] = (200,)
    refusal: str = "not there"
    """The refusal of a signed-in person: `not there` (404), `staff` (the sign-in page) or `admin` (403)."""
    after: str = ""
    """The route that was followed before, with the same ids."""
    meanwhile: Callable[[], object] | None = None
    """An act of another person after that and before this request."""
    shows: dict[str, Roles] = field(default_factory=dict)
    """The roles that find certain words in a successful answer; no other role does."""
    publishes: str = ""
    """The conversation whose words every allowed role may read here."""
    query: str = ""
    hides: str = ""
    """The one id whose existence stays hidden, if the others may be known; else all."""

    @property
    def tokens_count(self) -> bool:
        return self.route.startswith("api:")


def on(
    route: str,
    method: str = "GET",
    body: dict[str, Any] | None = None,
    roles: Roles | None = None,
    *,
    ok: tuple[int, ...] | int | None = None,
    targets: dict[str, Roles] | None = None,
    **more: Any,
) -> Policy:
    """Return a policy; `more` are targets by name, or Policy's other fields."""
    others = {
        name: more.pop(name)
        for name in ("refusal", "after", "meanwhile", "shows", "publishes", "query", "hides")
        if name in more
    }
    allowed = {**({"": roles} if roles is not None else {}), **(targets or {}), **more}
    usual = (200,) if method == "GET" else (302,)
    return Policy(route, method, body or {}, allowed, (ok,) if isinstance(ok, int) else ok or usual, **others)


DRAFT = {
    "origin": "0190b6d4-0000-7000-8000-000000000000",
    "version": "0190b6d4-0000-7000-8000-000000000001",
    "text": "Not yet",
}
NAMED = LEAD | OWNER
"""The members of the narrow project."""
READER = frozenset({Role.READER})
"""A guest of the conversation “guests” who only reads; the member is one who writes."""
FOREIGNERS = frozenset({Role.OTHER})
"""Members of another team, to which the conversation “guests” is open."""
READ = {"private": OWNER, "shared": TEAM, "left": TEAM, "deleted": NOBODY, "narrow": NAMED,
        "guests": OWNER | READER | MEMBER | FOREIGNERS}  # fmt: skip
WRITE = {"private": OWNER, "shared": WRITERS, "left": WRITERS, "deleted": NOBODY, "narrow": NAMED,
         "guests": OWNER | MEMBER | FOREIGNERS}  # fmt: skip
DECIDE = {"private": OWNER, "shared": LEAD | OWNER, "left": LEAD, "deleted": NOBODY, "narrow": NAMED,
          "guests": OWNER}  # fmt: skip
"""Roles that may delete it, or give it another audience."""
RESTORE = {"private": NOBODY, "shared": NOBODY, "deleted": LEAD | OWNER}
END = {**DECIDE, "deleted": LEAD | OWNER}
"""Roles that may delete it for ever, in the bin or not."""
BIN = {**dict.fromkeys(READ, NOBODY), "deleted": LEAD | OWNER}
"""Roles that find it in their bin."""
SHARES = {"share open": EVERYBODY, "share of who left": EVERYBODY} | {
    f"share {state}": NOBODY for state in ("revoked", "expired", "of the deactivated")
}
LOCKED = {"share locked": EVERYBODY}
COPIED = {"share open": SIGNED_IN, "share locked": NOBODY, "share revoked": NOBODY}
GONE = frozenset({Role.GONE})
PROMPTS = {
    "prompt own": OWNER,
    "prompt of the team": TEAM,
    "prompt proposed": LEAD | MEMBER,
    "prompt of the project": NAMED,
    "prompt of the site": SIGNED_IN,
}
"""Roles that see a kept prompt; the member has proposed one."""
WRITE_PROMPTS = {**PROMPTS, "prompt of the team": WRITERS, "prompt of the site": SUPERUSER}
DELETE_PROMPTS = {**WRITE_PROMPTS, "prompt of the team": LEAD}
PUBLISH = {"prompt proposed": LEAD, "prompt of the team, proposal of another": NOBODY}
"""Roles that publish or decline a proposal."""
VERSIONS = {name: roles for name, roles in PROMPTS.items() if name != "prompt proposed"}
ASSISTANTS = {"assistant own": OWNER, "assistant of the team": TEAM, "assistant of the site": SIGNED_IN}
"""Roles that see an assistant, ask it and read its files."""
CHANGE_ASSISTANTS = {**ASSISTANTS, "assistant of the team": LEAD, "assistant of the site": SUPERUSER}
FILE_OF_PROMPTS = '[{{"command": "x", "title": "Other", "content": "Other words"}}]'
FILE_OF_ASSISTANTS = '{{"format": "chatsite-assistants", "assistants": [{{"name": "Other"}}]}}'
WORDS = {"name": "Other", "text": "Other {{words}}"}
REVOCABLE = {"share open": LEAD | OWNER, "share of who left": LEAD | OWNER | GONE, "share of what is private": OWNER}
TARGETS = {"target own": MEMBER, "target of the team": LEAD}
"""Roles that see and change a place where somebody is told what happens."""
NOTIFIED = {
    **READ,
    "shared": OWNER,
    "left": NOBODY,
    "narrow": OWNER,
    "guests": OWNER,
    "notice to staff": frozenset({Role.STAFF}),
}
"""Roles that are told what happened: whose row it is, as long as they may read what it is about."""
MODELS = {"crew-parrot": WRITERS, "foreign-parrot": FOREIGNERS}
MOVES = {
    "private, to the team": OWNER,
    "private, to a foreign team": NOBODY,
    "shared, to a foreign team": NOBODY,
    "a reader's own, to the team": NOBODY,
}
PROJECTS = {
    "project private": OWNER,
    "project shared": TEAM,
    "project narrow": NAMED,
    "project foreign": frozenset({Role.OTHER}),
}
"""Roles that read a project, its instructions and its files."""
PROJECT_WRITERS = {**PROJECTS, "project shared": WRITERS}
PROJECT_DECIDERS = {**PROJECTS, "project shared": LEAD | OWNER}
FILED = {
    "shared, to the private project": OWNER,
    "shared, to the shared project": WRITERS,
    "shared, to the narrow project": NAMED,
    "shared, to the foreign project": NOBODY,
    "private, to the shared project": OWNER,
}
LED = {"team": LEAD, "team, not its children": NOBODY}
SOMEBODY = {"team, its lead": NOBODY, "team, switched off": NOBODY}
"""People to whom no team can be handed over: oneself, and those who cannot sign in."""
INVITATIONS = dict.fromkeys(("invitation open", "invitation for one"), EVERYBODY) | {
    f"invitation {state}": NOBODY
    for state in (
        "revoked", "expired", "used up", "of who left", "of who leads elsewhere", "of who leads no more",
        "of a lead switched off",
    )
}  # fmt: skip
PASSWORD_LINKS = {"password link open": EVERYBODY} | {
    f"password link {state}": NOBODY for state in ("used", "expired", "outdated", "of the deactivated")
}
INVITED, LET_IN = {"invitation open": EVERYBODY}, {"password link open": EVERYBODY}
"""The roles that have followed such a link; a dead one lets nobody go on."""
CLOSED, SHUT = dict.fromkeys(INVITED, NOBODY), dict.fromkeys(LET_IN, NOBODY)
HELPED = {
    "person newcomer": LEAD | SUPERUSER,
    "person guarded": SUPERUSER,
    "person superuser": NOBODY,
    "person deactivated": NOBODY,
} | {f"person {who}": SUPERUSER for who in ("member", "both", "clerk", "alone", "lead")}
"""The roles that may make a new password possible, by the person who needs one.

They are superusers and the leads of the team that made the account, never for staff.
"""
PROVEN = (302, 201, 422)
"""The statuses of routes that first redirect to the password, unless it was given a moment ago."""


def close_links() -> None:
    Invitation.objects.update(revoked_at=timezone.now())
    PasswordLink.objects.update(used_at=timezone.now())
    Share.objects.update(revoked_at=timezone.now())


WITHOUT_SIGNING_IN = {"setup", "invitation", "join", "follow-password-link", "new-password", "api:api-root", "shared",
                      "shared-file", "follow-share", "follow-address"}  # fmt: skip
"""Routes for strangers too, which get the same 404 for a missing row."""

PAGES = [
    on("chat", roles=SIGNED_IN, shows={**READ, **MODELS, "foreign team": FOREIGNERS}),
    on("conversation", targets=READ),
    on("conversation", shared=TEAM, shows={"only reading": TEAM - WRITERS, "sharing": LEAD | OWNER, "is linked": TEAM}),
    on("conversation", left=TEAM, shows={"is linked": NOBODY}),
    on("thread", targets=READ),
    on("summaries", targets=READ),
    on("reply-details", targets=READ),
    on("reply-versions", targets=READ),
    on("resting-keys", roles=SIGNED_IN),
    on("parameters", roles=SIGNED_IN),
    on("shortcuts", roles=SIGNED_IN),
    on("later", roles=SIGNED_IN),
    on("audience", private=OWNER, shows={"moving": OWNER, "foreign team": NOBODY}),
    on("audience", shared=TEAM, shows={"moving": LEAD | OWNER, "foreign team": NOBODY, "links": TEAM}),
    on("audience", guests=READ["guests"], shows={"moving": OWNER}),
    on("audience", narrow=NAMED, shows={"moving": NAMED, "foreign team": NOBODY}),
    on("audience", left=TEAM, shows={"moving": LEAD, "foreign team": NOBODY, "links": NOBODY}),
    on("search", roles=SIGNED_IN, shows={**MODELS, "foreign team": FOREIGNERS}),
    on("search", query="?q=canary-words", roles=SIGNED_IN, shows=READ),
    on("inbox", roles=SIGNED_IN, shows=NOTIFIED),
    on("newest-notifications", roles=SIGNED_IN, shows=NOTIFIED),
    on("read-notifications", "POST", roles=SIGNED_IN),
    on("api:notifications", roles=SIGNED_IN, shows=NOTIFIED),
    on("verified", roles=SIGNED_IN, shows=READ),
    on("team-verified", team=TEAM, shows={"shared": TEAM, "left": TEAM, "deleted": NOBODY}),
    on("setup", roles=NOBODY),
    on("setup", "POST", {"name": "eve", "password": "a fine long passphrase", "language": "en"}, roles=NOBODY),
    on("language", "POST", {"language": "en"}, roles=EVERYBODY),
    on("appearance", "POST", {"theme": "dark"}, roles=EVERYBODY),
    on("preview", "POST", {"code": "<p>Words</p>"}, SIGNED_IN, ok=200),
    on("markdown", "POST", {"text": "*Words*"}, SIGNED_IN, ok=200),
    on("local-model", roles=SUPERUSER, refusal="admin"),
    on("local-model", "POST", roles=SUPERUSER, refusal="admin"),
    on("add-endpoint", roles=SUPERUSER, ok=302, refusal="admin"),
    on("add-endpoint", "POST", {"preset": "openai", "key": "sk-test-new", "models": "m"}, SUPERUSER, refusal="admin"),
    on("projects", roles=SIGNED_IN, shows=PROJECTS),
    on("sidebar-projects", roles=SIGNED_IN, shows={**PROJECTS, "narrow": NAMED}),
    on("new-project", roles=SIGNED_IN),
    on("new-project", "POST", {"name": "Harbour"}, roles=SIGNED_IN),
    on("project", targets=PROJECTS),
    on("project-settings", targets=PROJECT_WRITERS),
    on("project-settings", "POST", {"name": "Harbour"}, targets=PROJECT_WRITERS),
    on("project-versions", targets=PROJECTS),
    on("project-verified", targets=PROJECTS),
    on("restore-instructions", "POST", targets=PROJECT_WRITERS),
    on("project-people", targets={**PROJECT_DECIDERS, "project private": NOBODY}),
    on("project-people", "POST", {"is_narrow": "1"}, targets={**PROJECT_DECIDERS, "project private": NOBODY}),
    on("hand-over-project", "POST", targets={
        "project shared": LEAD | OWNER, "project narrow": NAMED, "project private": NOBODY}),
    on("add-project-files", "POST", {"files": "a text"}, targets=PROJECT_WRITERS),
    on("project-file", targets=PROJECTS, ok=302),
    on("change-project-file", "POST", {"looked_up": "0"}, targets=PROJECT_WRITERS),
    on("remove-project-file", "POST", targets=PROJECT_WRITERS),
    on("archive-project", "POST", targets=PROJECT_DECIDERS),
    on("delete-project", "POST", targets=PROJECT_DECIDERS),
    on("teams", roles=SIGNED_IN),
    on("new-team", roles=STAFF),
    on("new-team", "POST", {"name": "Moon"}, roles=STAFF),
    on("team", team=TEAM),
    on("assistants", roles=SIGNED_IN, shows=ASSISTANTS),
    on("assistant-choice", roles=SIGNED_IN, shows=ASSISTANTS),
    on("new-assistant", roles=SIGNED_IN),
    on("new-assistant", query="?from={assistant_id}", targets={"assistant own": SIGNED_IN},
       shows={"assistant own": OWNER}),
    on("new-assistant", "POST", {"name": "Other", "scope": "own"}, roles=SIGNED_IN),
    on("assistant", targets=ASSISTANTS),
    on("assistant", "POST", {"name": "Other"}, targets=CHANGE_ASSISTANTS),
    on("assistant-versions", targets=ASSISTANTS),
    on("restore-assistant", "POST", targets=CHANGE_ASSISTANTS),
    on("add-assistant-files", "POST", {"files": "a text"}, targets=CHANGE_ASSISTANTS),
    on("remove-assistant-file", "POST", targets=CHANGE_ASSISTANTS),
    on("archive-assistant", "POST", targets=CHANGE_ASSISTANTS),
    on("delete-assistant", "POST", targets=CHANGE_ASSISTANTS),
    on("import-assistants", "POST", {"file": FILE_OF_ASSISTANTS}, roles=SIGNED_IN),
    on("prompts", roles=SIGNED_IN, shows=PROMPTS),
    on("import-prompts", "POST", {"file": FILE_OF_PROMPTS}, roles=SIGNED_IN),
    on("new-prompt", roles=SIGNED_IN),
    on("new-prompt", query="?from={prompt_id}", targets={"prompt own": SIGNED_IN}, shows={"prompt own": OWNER}),
    on("new-prompt", "POST", {**WORDS, "scope": "own"}, roles=SIGNED_IN),
    on("prompt", targets=PROMPTS),
    on("prompt", "POST", WORDS, targets=WRITE_PROMPTS),
    on("delete-prompt", "POST", targets=DELETE_PROMPTS),
    on("prompt-version", targets=VERSIONS),
    on("restore-prompt", "POST", targets={**VERSIONS, "prompt of the team": WRITERS, "prompt of the site": SUPERUSER}),
    on("prompt-proposal", targets={**PUBLISH, "prompt proposed": LEAD | MEMBER}),
    on("publish-proposal", "POST", targets=PUBLISH),
    on("decline-proposal", "POST", targets=PUBLISH),
    on("team-prompts", team=TEAM),
    on("team-prompts", "POST", {"members_publish": "yes"}, team=LEAD),
    on("team-defaults", team=LEAD),
    on("team-keys", team=LEAD),
    on("team-audit", team=LEAD),
    on("invite", team=LEAD, shows={"open invitation": LEAD, "revoked invitation": NOBODY}),
    on("rename-team", "POST", {"name": "Ours now"}, team=LEAD),
    on("rename-team", "POST", {"name": ""}, team=LEAD, ok=422),
    on("team-defaults", "POST", {"system_prompt": "Obey."}, team=LEAD),
    on("team-retention", team=LEAD),
    on("team-retention", "POST", {"days": "30"}, team=LEAD, ok=200),
    on("team-retention", "POST", {"days": "30", "confirmed": "yes"}, team=LEAD),
    on("leave-team", "POST", team=TEAM),
    on("change-role", "POST", {"role": "lead"}, targets=LED),
    on("remove-member", "POST", targets={**LED, "team, its lead": NOBODY}),
    on("hand-over", "POST", targets={**LED, **SOMEBODY}),
    on("invite", "POST", {"role": "reader", "days": "1", "is_single_use": "1"}, team=LEAD, ok=201),
    on("revoke-invitation", "POST", targets=LED),
    on("invitation", targets=INVITATIONS, ok=302),
    on("share", targets=DECIDE),
    on("share", "POST", {"message": "{question}", "days": "7"}, targets=DECIDE, ok=201),
    on("share", query="?message={question}", targets={**DECIDE, "shared, a question from elsewhere": NOBODY}),
    on("share", "POST", {"message": "{question}", "days": "7"}, targets={"shared, a question from elsewhere": NOBODY}),
    on("archive", roles=SIGNED_IN, shows={**dict.fromkeys(READ, NOBODY), "archived": frozenset({Role.MEMBER})}),
    on("unarchive", "POST", targets=READ),
    on("bin", roles=SIGNED_IN, shows=BIN, publishes="deleted"),
    on("empty-bin", "POST", roles=SIGNED_IN),
    on("restore", "POST", targets=RESTORE),
    on("end", "POST", targets=RESTORE),
    on("shares", roles=SIGNED_IN, shows={"shared": LEAD | OWNER}),
    on("revoke-share", "POST", targets=REVOCABLE),
    on("shared", targets=SHARES, publishes="shared"),
    on("shared", targets=LOCKED),
    on("shared", "POST", {"pass_phrase": "not this one"}, targets=LOCKED, ok=422),
    on("shared-file", targets={**SHARES, "share, another file": NOBODY, "share locked": NOBODY}, publishes="shared"),
    on("follow-share", targets={**SHARES, **LOCKED}, ok=302),
    on("copy-share", roles=NOBODY),
    on("copy-share", targets=COPIED, after="follow-share", publishes="shared"),
    on("copy-share", "POST", {"key": "{share_id}"}, targets=COPIED, after="follow-share"),
    on("copy-share", targets={"share open": NOBODY}, after="follow-share", meanwhile=close_links),
    on("join", roles=NOBODY),
    on("join", targets=INVITED, after="invitation"),
    on("join", "POST", {"name": "eve", "password": "a fine long passphrase"}, targets=INVITED, after="invitation"),
    on("join", targets=CLOSED, after="invitation", meanwhile=close_links),
    on("join", "POST", {"name": "eve", "password": "a fine long passphrase"}, targets=CLOSED, after="invitation",
       meanwhile=close_links),
    on("follow-password-link", targets=PASSWORD_LINKS, ok=302),
    on("new-password", roles=NOBODY),
    on("new-password", targets=LET_IN, after="follow-password-link"),
    on("new-password", "POST", {"password": "a fine long passphrase"}, targets=LET_IN, after="follow-password-link"),
    on("new-password", targets=SHUT, after="follow-password-link", meanwhile=close_links),
    on("new-password-link", targets=HELPED),
    on("new-password-link", "POST", targets=HELPED, ok=201),
    on("account", roles=SIGNED_IN),
    on("notifications", roles=SIGNED_IN, shows=TARGETS),
    on("notifications", "POST", {"form": "slack"}, roles=SIGNED_IN, ok=PROVEN),
    on("add-browser", "POST", {"address": "https://push.example/1"}, roles=SIGNED_IN),
    on("target", targets=TARGETS, shows=TARGETS),
    on("test-target", "POST", targets=TARGETS),
    on("remove-target", "POST", targets=TARGETS),
    on("team-notifications", team=LEAD, shows={"target of the team": LEAD}),
    on("team-notifications", "POST", {"form": "slack"}, team=LEAD, ok=PROVEN),
    *(on(page, roles=SIGNED_IN) for page in ("look", "own-usage", "own-usage-csv", "security")),
    on("account", "POST", {"display_name": "Somebody"}, roles=SIGNED_IN),
    on("introduction", "POST", {"about_me": "A gardener"}, roles=SIGNED_IN),
    on("address", roles=SIGNED_IN),
    on("follow-address", targets={"address link": EVERYBODY}, ok=302),
    on("confirm-address", roles=NOBODY),
    on("confirm-address", targets={"address link": MEMBER}, after="follow-address"),
    on("confirm-address", "POST", targets={"address link": MEMBER}, after="follow-address"),
    on("notices", roles=SIGNED_IN),
    on("data", roles=SIGNED_IN),
    on("close-account", roles=SIGNED_IN, ok=(200, 302)),
    on("close-account", "POST", {"username": "nobody of this name"}, roles=SIGNED_IN, ok=(302, 422)),
    on("import", targets={"import": MEMBER}),
    on("end-session", "POST", session=MEMBER),
    on("end-other-sessions", "POST", roles=SIGNED_IN),
    on("tokens", roles=SIGNED_IN, shows={"open token": MEMBER, "revoked token": NOBODY, "expired token": NOBODY}),
    on("tokens", "POST", {"name": "t", "days": "30"}, roles=SIGNED_IN, ok=PROVEN),
    on("revoke-token", "POST", token=MEMBER),
    on("own-keys", roles=SIGNED_IN),
    on("own-keys", "POST", {"key": "sk-test-own"}, roles=SIGNED_IN, ok=PROVEN),
    on("change-own-key", "POST", {"falls_back": "yes"}, targets={"own key": MEMBER, "site key": NOBODY}),
    on("remove-own-key", "POST", targets={"own key": MEMBER, "site key": NOBODY}),
    on("websocket", roles=EVERYBODY, ok=426),
    on("manifest", roles=EVERYBODY),
    on("service-worker", roles=EVERYBODY),
    on("favicon", roles=EVERYBODY, ok=(302,)),
    on("-livez", roles=EVERYBODY),
    on("-readyz", roles=EVERYBODY),
]  # fmt: skip
"""Our own pages."""

API = [
    on("api:openapi-json", roles=EVERYBODY),
    on("api:api-root", roles=NOBODY),
    on("api:no_such_call", roles=NOBODY),
    on("api:me", roles=SIGNED_IN),
    on("api:models", roles=SIGNED_IN, shows=MODELS),
    on("api:models", query="?team={team_id}", team=WRITERS),
    on("api:team_defaults", team=TEAM),
    on("api:people", roles=SIGNED_IN),
    on("api:people", query="?team={team_id}", team=TEAM),
    on("api:people", query="?conversation={conversation_id}", targets=READ),
    on("api:add_favourite", "PUT", targets=MODELS, ok=204),
    on("api:remove_favourite", "DELETE", targets=MODELS, ok=204),
    on("api:conversations", roles=SIGNED_IN, shows=READ),
    on("api:conversations", query="?q=canary-words", roles=SIGNED_IN, shows=READ),
    on(
        "api:conversations",
        query="?kind=team&archived=false&pinned=false",
        roles=SIGNED_IN,
        shows={**READ, "private": NOBODY, "guests": NOBODY},
    ),
    on(
        "api:conversations",
        query="?kind=named",
        roles=SIGNED_IN,
        shows={**dict.fromkeys(READ, NOBODY), "guests": READER | MEMBER | FOREIGNERS},
    ),
    on("api:conversations", query="?bin=true", roles=SIGNED_IN, shows=BIN, publishes="deleted"),
    on("api:find", query="?q=canary-words", roles=SIGNED_IN, shows=READ),
    on("api:remarks", targets=READ),
    on("api:summaries", targets=READ),
    on("api:change_summary", "PUT", {"text": "other words", "version": 1}, targets=WRITE, ok=200),
    on("api:catch_up_offer", query="?since=0", targets=READ, ok=409),
    on("api:ask_catch_up", "POST", {"since": 0, "last": 9}, targets=WRITE, ok=409),
    on("api:catch_up", targets=READ),
    on(
        "api:stop_catch_up",
        "DELETE",
        private=OWNER,
        shared=OWNER,
        left=NOBODY,
        narrow=OWNER,
        deleted=NOBODY,
        guests=OWNER,
        ok=204,
    ),
    on("api:verified", query="?q=canary+words+private", roles=SIGNED_IN, shows={"private": OWNER}),
    on("api:verified", query="?q=canary+words+shared", roles=SIGNED_IN, shows={"shared": TEAM}),
    on("api:verified", query="?q=canary+words+deleted", roles=SIGNED_IN, shows={"deleted": NOBODY}),
    on("api:find", query="?q=canary-title&titles=true", roles=SIGNED_IN, shows=READ),
    on("api:find", query="?q=canary-file&has_file=true&sort=newest", roles=SIGNED_IN, shows=READ),
    on("api:create", "POST", {"title": "New"}, roles=SIGNED_IN, ok=201),
    on("api:create", "POST", {"team": "{team_id}"}, team=WRITERS, ok=201),
    on("api:conversation", targets=READ),
    on("api:change", "PATCH", {"title": "Other"}, targets=WRITE, ok=200),
    on("api:change", "PATCH", targets=WRITE, ok=200),
    on("api:change", "PATCH", {"pinned": True, "unread": True}, targets=READ, ok=200),
    on("api:change", "PATCH", {"pinned": True, "title": "Other"}, targets=WRITE, ok=200),
    on("api:change", "PATCH", {"team": None}, targets=DECIDE, ok=(200, 204)),
    on("api:change", "PATCH", {"team": "{team_id}"}, targets=MOVES, ok=(200, 204)),
    on("api:change", "PATCH", {"project": "{project_id}"}, targets=FILED, ok=(200, 204)),
    on("api:change", "PATCH", {"project": None}, targets=WRITE, ok=200),
    on("api:create", "POST", {"project": "{project_id}"}, targets=PROJECT_WRITERS, ok=201),
    on("api:projects", roles=SIGNED_IN, shows=PROJECTS),
    on("api:create_project", "POST", {"name": "Harbour"}, roles=SIGNED_IN, ok=201),
    on("api:create_project", "POST", {"name": "Harbour", "team": "{team_id}"}, team=WRITERS, ok=201),
    on("api:project", targets=PROJECTS),
    on("api:project_defaults", targets=PROJECTS),
    on("api:versions", targets=PROJECTS),
    on("api:change_project", "PATCH", {"instructions": "Other"}, targets=PROJECT_WRITERS, ok=200),
    on("api:change_project", "PATCH", {"archived": True}, targets=PROJECT_DECIDERS, ok=200),
    on(
        "api:change_project",
        "PATCH",
        {"members": []},
        ok=200,
        targets={"project shared": LEAD | OWNER, "project narrow": NAMED, "project foreign": FOREIGNERS},
    ),
    on("api:delete_project", "DELETE", targets=PROJECT_DECIDERS, ok=(204, 409)),
    on(
        "api:add_files",
        "POST",
        {"files": ["{file_id}"]},
        targets={"project shared, a file of the owner": OWNER},
        ok=200,
    ),
    on("api:change_file", "PATCH", {"looked_up": False}, targets=PROJECT_WRITERS, ok=200),
    on("api:remove_file", "DELETE", targets=PROJECT_WRITERS, ok=200),
    on("api:name_guest", "POST", {"name": "alone"}, targets=DECIDE, ok=200),
    on(
        "api:end_guest",
        "DELETE",
        ok=204,
        targets={
            "guests, the reader": OWNER | READER,
            "guests, the member": OWNER | MEMBER,
            "shared, no guest": NOBODY,
        },
    ),
    on("api:name_team", "POST", {"team": "{team_id}"}, targets=MOVES, ok=200),
    on(
        "api:end_team", "DELETE", targets={"guests, a team": OWNER | FOREIGNERS, "private, to the team": NOBODY}, ok=204
    ),
    on("api:delete", "DELETE", targets=DECIDE, ok=204),
    on("api:delete", "DELETE", query="?for_good=true", targets=END, ok=204),
    on("api:restore", "POST", targets=RESTORE, ok=200, publishes="deleted"),
    on("api:messages", targets=READ),
    on("api:export_all", roles=SIGNED_IN),
    on("api:export_all", query="?team={team_id}", team=LEAD),
    on("api:export_all", query="?conversation={conversation_id}", targets=READ),
    on("api:export_conversation", query="?format=markdown", targets=READ),
    on(
        "api:export_conversation",
        query="?format=json&leaf={question}",
        targets={**READ, "shared, a question from elsewhere": NOBODY},
    ),
    on("api:estimate", "POST", {"text": "Hi"}, roles=SIGNED_IN, ok=200),
    on("api:estimate", "POST", {"text": "Hi", "conversation": "{conversation_id}"}, targets=WRITE, ok=200),
    on("api:estimate", "POST", {"text": "Hi", "team": "{team_id}"}, team=WRITERS, ok=200),
    on("api:prompts", roles=SIGNED_IN, shows={**PROMPTS, "prompt proposed": NOBODY}),
    on("api:prompts", query="?q=canary-prompt", roles=SIGNED_IN, shows={**PROMPTS, "prompt proposed": NOBODY}),
    on("api:prompt", targets=PROMPTS),
    on("api:create_prompt", "POST", WORDS, roles=SIGNED_IN, ok=201),
    on(
        "api:create_prompt",
        "POST",
        {**WORDS, "scope": {"kind": "team", "team": "{team_id}"}},
        team=WRITERS,
        ok=(201, 202),
    ),
    on(
        "api:create_prompt",
        "POST",
        {**WORDS, "scope": {"kind": "project", "project": "{project_id}"}},
        targets=PROJECT_WRITERS,
        ok=(201, 202),
    ),
    on("api:create_prompt", "POST", {**WORDS, "scope": {"kind": "site"}}, roles=SUPERUSER, ok=201),
    on("api:export_prompts", roles=SIGNED_IN, shows={"prompt own": OWNER, "prompt of the team": NOBODY}),
    on("api:export_prompts", query="?project={project_id}", targets=PROJECTS),
    on("api:export_prompts", query="?team={team_id}", team=TEAM, shows={"prompt of the team": TEAM}),
    on("api:import_prompts", "POST", {"file": FILE_OF_PROMPTS}, roles=SIGNED_IN, ok=200),
    on("api:import_prompts", "POST", {"file": FILE_OF_PROMPTS}, query="?team={team_id}", team=WRITERS, ok=200),
    on("api:change_prompt", "PATCH", WORDS, targets=WRITE_PROMPTS, ok=(200, 202)),
    on("api:delete_prompt", "DELETE", targets=DELETE_PROMPTS, ok=204),
    on("api:assistants", query="?q=canary-assistant", roles=SIGNED_IN, shows=ASSISTANTS),
    on("api:assistant", targets=ASSISTANTS),
    on("api:create_assistant", "POST", {"name": "Other"}, roles=SIGNED_IN, ok=201),
    on("api:create_assistant", "POST", {"name": "Other", "scope": {"team": "{team_id}"}}, team=LEAD, ok=201),
    on("api:create_assistant", "POST", {"name": "Other", "scope": {"kind": "site"}}, roles=SUPERUSER, ok=201),
    on("api:change_assistant", "PATCH", {"name": "Other"}, targets=CHANGE_ASSISTANTS, ok=200),
    on("api:delete_assistant", "DELETE", targets=CHANGE_ASSISTANTS, ok=204),
    on("api:export_assistants", roles=SIGNED_IN, shows={"assistant own": OWNER, "assistant of the team": NOBODY}),
    on("api:export_assistants", query="?team={team_id}", team=TEAM, shows={"assistant of the team": TEAM}),
    on("api:import_assistants", "POST", {"file": FILE_OF_ASSISTANTS}, roles=SIGNED_IN, ok=200),
    on("api:import_assistants", "POST", {"file": FILE_OF_ASSISTANTS}, query="?team={team_id}", team=LEAD, ok=200),
    on("api:drafts", roles=SIGNED_IN),
    on("api:drafts", query="?conversation={conversation_id}", targets=WRITE),
    on("api:save_draft", "PUT", DRAFT, roles=SIGNED_IN, ok=200),
    on("api:save_draft", "PUT", {**DRAFT, "conversation": "{conversation_id}"}, targets=WRITE, ok=200),
    on("api:open_stream", "POST", roles=SIGNED_IN, ok=200),
    on("api:send_commands", "POST", roles=NOBODY),
    on("api:upload", "POST", {"file": "a text"}, roles=SIGNED_IN, ok=201),
    on("api:read_aloud", "POST", {"text": " "}, roles=SIGNED_IN, ok=400),
    on("api:read_aloud", "POST", {"text": " "}, query="?conversation={conversation_id}", targets=WRITE, ok=400),
    on("api:read_aloud", "POST", {"text": " "}, query="?team={team_id}", team=WRITERS, ok=400),
    on("api:transcribe", "POST", {"file": "no sound"}, roles=SIGNED_IN, ok=400),
    on("api:transcribe", "POST", {"file": "no sound"}, query="?conversation={conversation_id}", targets=WRITE, ok=400),
    on("api:transcribe", "POST", {"file": "no sound"}, query="?team={team_id}", team=WRITERS, ok=400),
    on("api:create_import", "POST", {"file": "a text"}, roles=SIGNED_IN, ok=202),
    on("api:begin_upload", "POST", {"name": "large.zip", "bytes": 5}, roles=SIGNED_IN, ok=201),
    on("api:add_piece", "POST", query="?at=0", targets={"upload": MEMBER, "import": NOBODY}, ok=200),
    on("api:show_import", targets={"import": MEMBER}),
    on("api:start_import", "POST", targets={"import": MEMBER}, ok=202),
    on(
        "api:start_import",
        "POST",
        query="?team={team_id}",
        ok=202,
        targets={"import, to the team": MEMBER, "import, to a foreign team": NOBODY},
    ),
    on("api:download", targets={**READ, **PROJECTS, "unsent": OWNER}),
]

ANYWHERE = (
    "account_login", "account_signup", "account_inactive", "account_email_verification_sent", "account_reset_password",
    "account_reset_password_done", "account_reset_password_from_key_done", "account_logout",
    "account_confirm_login_code", "account_email", "mfa_authenticate", "mfa_login_webauthn",
    "mfa_list_webauthn",
)  # fmt: skip
AT_HOME = (
    "account_change_password", "account_set_password", "account_reauthenticate", "mfa_index",
    "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes", "mfa_download_recovery_codes", "mfa_add_webauthn",
    "mfa_reauthenticate_webauthn",
)  # fmt: skip
ACCOUNTS = [
    *(on(route, roles=EVERYBODY, ok=(200, 302, 404)) for route in ANYWHERE),
    *(on(route, roles=SIGNED_IN, ok=(200, 302, 404)) for route in AT_HOME),
    *(on(route, passkey=SIGNED_IN, ok=(302, 404)) for route in ("mfa_edit_webauthn", "mfa_remove_webauthn")),
    on("account_confirm_email", key=EVERYBODY, ok=302),
    on("account_reset_password_from_key", key=EVERYBODY, ok=302),
]
"""Pages of allauth. They show only the asker's own rows, so a session alone makes the difference."""

NEW = {"conversation": None, "text": "Hi"}
COMMANDS = [
    on("conversation.open", body={"conversation": "{conversation_id}"}, targets=READ),
    on("conversation.close", body={"conversation": "{conversation_id}"}, private=SIGNED_IN),
    on("conversation.read", body={"conversation": "{conversation_id}", "revision": 2}, targets=READ),
    on("conversation.fork", body={"message": "{question}"}, targets=READ),
    on("branch.choose", body={"message": "{question}"}, targets=WRITE),
    on("branch.look", body={"message": "{question}"}, targets=READ),
    on("message.send", body=NEW, roles=SIGNED_IN),
    on("message.send", body={"conversation": "{conversation_id}", "text": "Hi"}, targets=WRITE),
    on("message.send", body={"conversation": "{conversation_id}", "text": "Hi", "models": []}, targets=WRITE),
    on("message.send", body={**NEW, "team": "{team_id}"}, team=WRITERS),
    on("message.send", body={**NEW, "project": "{project_id}"}, targets=PROJECT_WRITERS),
    on("message.send", body={**NEW, "parent": "{question}"}, private=NOBODY, shared=NOBODY),
    on("message.send", body={**NEW, "files": ["{file_id}"]}, unsent=OWNER, private=OWNER, shared=OWNER, left=NOBODY),
    on("message.send", body={**NEW, "prompt": {"id": "{prompt_id}", "version": 1}},
       targets={**PROMPTS, "prompt proposed": NOBODY}),
    on("message.send", body={**NEW, "assistant": "{assistant_id}"}, targets=ASSISTANTS),
    on("message.send", body={**NEW, "models": ["{model_id}"]}, targets=MODELS),
    on("message.send", body={"conversation": "{conversation_id}", "models": ["{model_id}"], "text": "Hi"},
       hides="model_id", targets={"a foreign model, to the team": NOBODY}),
    on("message.edit", body={"message": "{question}", "text": "Other"}, targets=WRITE),
    on("message.edit", body={"message": "{question}", "text": "Other", "models": []}, targets=WRITE),
    on("message.edit", body={"message": "{question}", "models": ["{model_id}"], "text": "Other"},
       hides="model_id", targets={"a foreign model, to the team": NOBODY}),
    on("reply.stop", body={"message": "{reply}"}, targets=WRITE),
    on("reply.retry", body={"message": "{reply}"}, targets=WRITE),
    on("reply.retry", body={"message": "{question}"}, private=NOBODY, shared=NOBODY),
    on("reply.retry", body={"message": "{said}"}, targets=WRITE),
    on("reply.continue", body={"message": "{reply}"}, targets=WRITE),
    on("reply.verify", body={"message": "{reply}", "note": "By the book", "until": "2999-12-31"}, targets=WRITE),
    on("reply.verify", body={"message": "{question}"}, private=NOBODY, shared=NOBODY),
    on("reply.unverify", body={"message": "{vouched}"}, targets=DECIDE),
    on("reply.unverify", body={"message": "{reply}"}, private=NOBODY, shared=NOBODY),
    on("remark.add", body={"message": "{reply}", "text": "Is it?", "start": 0, "end": 6}, targets=WRITE),
    on("remark.reply", body={"remark": "{remark}", "text": "It is."}, targets=WRITE),
    on("remark.assign", body={"remark": "{remark}", "person": None}, targets=WRITE),
    on("remark.resolve", body={"remark": "{remark}"}, targets=WRITE),
    on("remark.reopen", body={"remark": "{remark}"}, targets=WRITE),
    on("remark.delete", body={"remark": "{remark}"}, targets=DECIDE),
    on("notification.read", roles=SIGNED_IN),
    on("notification.read", body={"notification": "{notification_id}"}, targets=NOTIFIED),
    on("typing", body={"conversation": "{conversation_id}"}, targets=WRITE),
    on("ping", body={"open": {"{conversation_id}": 2}}, targets=READ),
]  # fmt: skip
