"""Tags for the columns of pages: those of the administration by job, of the settings, of a team."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django import template
from django.db.models import Model
from django.db.models.options import Options
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from conversations.models import Membership, Project
from conversations.reporting.permissions import TELLS_OF_MODEL_ACCESS
from conversations.usage.model_access import open_endpoints

register = template.Library()


@dataclass(frozen=True, slots=True)
class Page:
    """A page. Each set in `needed` is enough; `within` are routes behind it, or with "_" at the end beginnings."""

    label: str | Promise
    route: str
    needed: tuple[tuple[str, ...], ...] = ()
    within: tuple[str, ...] = ()

    def is_for(self, request: HttpRequest) -> bool:
        return not self.needed or any(map(request.user.has_perms, self.needed))

    def holds(self, route: str) -> bool:
        """Return whether the page of this route is this one, or lies behind it."""
        return route == self.route or any(
            route.startswith(one) if one.endswith("_") else route == one for one in self.within
        )


def _rows(label: str | Promise, model: str, *within: str) -> Page:
    app, name = model.split(".")
    needed = ((f"{app}.view_{name}",), (f"{app}.change_{name}",))
    return Page(label, f"admin:{app}_{name}_changelist", needed, (f"admin:{app}_{name}_", *within))


Sections = Sequence[tuple[str | Promise, tuple[Page, ...]]]
_USAGE = (("conversations.view_usagerecord",),)
ADMINISTRATION: Sections = (
    ("", (Page(_("Overview"), "admin:index"),)),
    (
        _("Vendors and keys"),
        (
            _rows(_("Vendors"), "providers.endpoint", "add-keys"),
            _rows(_("Keys"), "providers.apikey", "key", "test-key", "rotate-key", "switch-key"),
            _rows(_("Troubles"), "providers.trouble"),
        ),
    ),
    (
        _("Models"),
        (
            _rows(_("Models"), "providers.languagemodel"),
            _rows(_("Models at vendors"), "providers.deployment"),
            Page(_("Performance"), "scoreboard", _USAGE),
        ),
    ),
    (
        _("People and teams"),
        (
            _rows(_("People"), "conversations.user"),
            _rows(_("Teams"), "conversations.team"),
            Page(_("Who can use which model"), "model-access", (TELLS_OF_MODEL_ACCESS,)),
        ),
    ),
    (
        _("Money"),
        (
            Page(_("Usage"), "usage", _USAGE),
            Page(_("Budgets"), "budgets", (("conversations.view_budget",),), ("admin:conversations_budget_",)),
            _rows(_("Call log"), "conversations.usagerecord"),
        ),
    ),
    (
        _("Site"),
        (_rows(_("Audit log"), "providers.auditentry"), _rows(_("Site settings"), "conversations.installation")),
    ),
)
"""The pages by job. Second factors and groups of permissions have no entry: a person's page leads to theirs."""


SETTINGS: Sections = (
    (
        _("You"),
        (
            Page(_("Profile"), "account", within=("address", "confirm-address")),
            Page(_("Appearance"), "look"),
            Page(_("Notifications"), "notifications", within=("inbox", "target")),
            Page(_("Usage"), "own-usage"),
        ),
    ),
    (
        _("Access"),
        (
            Page(_("Security"), "security", within=("notices", "mfa_", "account_")),
            Page(_("Personal tokens"), "tokens"),
            Page(_("Your own keys"), "own-keys"),
        ),
    ),
    (
        _("Conversations"),
        (
            Page(_("Teams"), "teams", within=("new-team",)),
            Page(_("Prompts"), "prompts", within=("new-prompt", "prompt", "prompt-version", "prompt-proposal")),
            Page(_("Assistants"), "assistants", within=("new-assistant", "assistant", "assistant-versions")),
            Page(_("Projects"), "projects", within=("new-project",)),
            Page(_("Verified answers"), "verified"),
            Page(_("Shared links"), "shares"),
            Page(_("Archive"), "archive"),
            Page(_("Bin"), "bin"),
            Page(_("Export and import"), "data", within=("import", "close-account")),
        ),
    ),
)
CONVERSATIONS: Sections = (
    (
        "",
        (
            Page(_("Search"), "search"),
            Page(_("Verified answers"), "verified"),
            Page(_("Archive"), "archive"),
            Page(_("Bin"), "bin"),
            Page(_("Shared links"), "shares"),
            Page(_("Teams"), "teams"),
            Page(_("Projects"), "projects"),
        ),
    ),
)
"""The pages beside the search: other places where a conversation may be."""
OF_A_TEAM = (
    Page(_("People and conversations"), "team"),
    Page(_("Prompts"), "team-prompts"),
    Page(_("Verified answers"), "team-verified"),
)
OF_ITS_LEAD = (
    Page(_("Invitations"), "invite"),
    Page(_("Name and defaults"), "team-defaults", within=("rename-team",)),
    Page(_("Notifications"), "team-notifications"),
    Page(_("Keys and budget"), "team-keys"),
    Page(_("Audit log"), "team-audit"),
    Page(_("How long conversations stay"), "team-retention"),
)


OF_A_PROJECT = (
    Page(_("Overview"), "project"),
    Page(_("Verified answers"), "project-verified"),
    Page(_("Versions"), "project-versions"),
)
OF_ITS_WRITER = Page(_("Instructions and settings"), "project-settings")
OF_ITS_DECIDER = Page(_("Who can read it"), "project-people")


@register.inclusion_tag("_sections.html", takes_context=True)
def administration(context: template.Context) -> dict[str, object]:
    return {"sections": list(_shown(ADMINISTRATION, context["request"]))}


@register.inclusion_tag("_sections.html", takes_context=True)
def settings_pages(context: template.Context) -> dict[str, object]:
    """Draw the pages of the settings; that of one's own keys is left out where no vendor takes any."""
    person = context["request"].user
    left_out = set() if open_endpoints().exists() or person.keys.exists() else {"own-keys"}
    sections = [(label, tuple(page for page in pages if page.route not in left_out)) for label, pages in SETTINGS]
    return {"sections": list(_shown(sections, context["request"]))}


@register.inclusion_tag("_sections.html", takes_context=True)
def conversation_pages(context: template.Context) -> dict[str, object]:
    return {"sections": list(_shown(CONVERSATIONS, context["request"]))}


@register.inclusion_tag("_sections.html", takes_context=True)
def team_pages(context: template.Context, place: Membership) -> dict[str, object]:
    pages = (*OF_A_TEAM, *(OF_ITS_LEAD if place.is_lead else ()))
    return {"sections": list(_shown([("", pages)], context["request"], place.team_id))}


@register.inclusion_tag("_sections.html", takes_context=True)
def project_pages(context: template.Context, project: Project, writes: bool, decides: bool) -> dict[str, object]:
    wanted = ((OF_ITS_WRITER, writes and not project.archived), (OF_ITS_DECIDER, decides and project.team_id))
    pages = (*OF_A_PROJECT, *(page for page, is_shown in wanted if is_shown))
    return {"sections": list(_shown([("", pages)], context["request"], project.pk))}


def _shown(sections: Sections, request: HttpRequest, *ids: UUID) -> Iterator[dict[str, object]]:
    """Yield the sections with the pages that the reader may see; `ids` stand in their addresses."""
    match = request.resolver_match
    here = match.view_name if match else ""
    for label, pages in sections:
        shown = [
            {"label": page.label, "address": reverse(page.route, args=ids), "is_current": page.holds(here)}
            for page in pages
            if page.is_for(request)
        ]
        if shown:
            yield {"label": label, "pages": shown}


@register.simple_tag(takes_context=True)
def list_of(context: template.Context, rows: "Options[Model]") -> dict[str, object]:
    """Return the name of the list of these rows, and its address for readers who may see it."""
    page = next((page for _label, pages in ADMINISTRATION for page in pages if page.route == _route(rows)), None)
    if page is None:
        return {"label": capfirst(rows.verbose_name_plural), "address": ""}
    return {"label": page.label, "address": reverse(page.route) if page.is_for(context["request"]) else ""}


def _route(rows: "Options[Model]") -> str:
    route = f"admin:{rows.app_label}_{rows.model_name}_changelist"
    return {"admin:conversations_budget_changelist": "budgets"}.get(route, route)
